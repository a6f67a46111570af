#!/usr/bin/env bash
# Two agents reached over TCP with mutual TLS, each in a network namespace of its own, measure the
# same cells as copycost does in namespaces that it makes itself; also when they look like two hosts,
# with kernels and clocks of their own. And a disk that is full is a fault that can be resumed.
source "$(dirname "$0")/lib.sh"
source "$root/tests/integration/two_hosts.sh"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"

make_hosts
start_agent sender
start_agent receiver
readonly same="--sizes 4K,64K --threads 1,2 --ip 4 --repeats 2 --seed 7"

# Cells, and what was verified and measured of them, without the columns that tell times and figures.
cells() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
           { print $at["cell_id"], $at["send_mode"], $at["receive_mode"], $at["message_bytes"],
                   $at["threads"], $at["fields"], $at["congestion"], $at["ring_depth"] }' \
    "$1/summary.csv"
}
expect_measured "$scratch/namespaces" "$copycost" run $same
expect_measured "$scratch/hosts" on_coordinator "$copycost" run $same $agents $show
cmp <(cells "$scratch/namespaces") <(cells "$scratch/hosts") || fail "the cells differ"
expect_copies "$scratch/namespaces"
expect_copies "$scratch/hosts"

# Both are planned alike.
"$copycost" plan $same | sed 2d >"$scratch/plan1"
on_coordinator "$copycost" plan $same $agents $show | sed 2d >"$scratch/plan2"
cmp "$scratch/plan1" "$scratch/plan2" || fail "plans differ: $(diff "$scratch/plan1" "$scratch/plan2")"

# A run is resumed with the agents it had, and not with others unless they are accepted.
resumable=$scratch/resumable
nsenter -t "${host_pid[coordinator]}" -n -- "$copycost" run $same $agents $show -o "$resumable" \
  >"$scratch/out" 2>"$scratch/err" </dev/null &
run=$!
until [ "$(sqlite3 "$resumable/results.db" 'SELECT count(*) > 0 FROM trial' 2>/dev/null)" = 1 ]; do
  kill -0 "$run" || fail "the run ended: $(cat "$scratch/err")"
  sleep 0.05
done
kill -INT "$run"
wait "$run" || true
expect_said "to go on: copycost resume"
kill -9 "${agent_pid[sender]}"
boot sender 11111111-2222-4333-8444-555555555555 1000
boot receiver 66666666-7777-4888-9999-000000000000 5000
start_agent sender
expect_exit 3 on_coordinator "$copycost" resume "$resumable" $show
expect_said "agents by host: receiver sender, was sender+receiver" --accept-changes
kill -9 "${agent_pid[receiver]}"
start_agent receiver
expect_exit 3 on_coordinator "$copycost" resume "$resumable" $show
expect_exit 3 on_coordinator "$copycost" resume "$resumable" --accept-changes --insecure
code=0
on_coordinator "$copycost" resume "$resumable" $show --accept-changes >"$scratch/out" \
  2>"$scratch/err" </dev/null || code=$?
[ "$code" -le 1 ] || fail "exit $code of resume: $(cat "$scratch/err")"
expect_said "changed with session 2: agents by host"
[ "$(column "$resumable/results.csv" session | sort -u | tr '\n' ' ')" = "1 2 " ] || fail "sessions"
expect_exit "$code" on_coordinator "$copycost" resume "$resumable" $show
expect_said "nothing is left to do"

# With clocks that have nothing in common, what agents tell is put on one clock.
expect_measured "$scratch/apart" on_coordinator "$copycost" run $same $agents $show
cmp <(cells "$scratch/namespaces") <(cells "$scratch/apart") || fail "the cells differ"
grep -q 11111111-2222 "$scratch/apart/results.db" || fail "the sender's kernel is not its own"

# Links are changed where their owner permits it, and left as they were found; even by an agent that
# is killed while one is changed.
mtu_of() { on "$1" ip -o link show data | sed 's/.* mtu \([0-9]*\) .*/\1/'; }
expect_exit 1 on_coordinator "$copycost" run $agents $show --send one-copy --sizes 64K --mtu 9000 \
  --repeats 1 -o "$scratch/refused"
expect_said --allow-link-changes "the MTU of data is 1500"
for host in sender receiver; do
  kill -9 "${agent_pid[$host]}"
  start_agent "$host" --allow-link-changes
done
expect_measured "$scratch/mtu" on_coordinator "$copycost" run $agents $show --send one-copy \
  --sizes 64K --mtu found,1400,9000 --repeats 2
for host in sender receiver; do [ "$(mtu_of $host)" = 1500 ] || fail "MTU of $host"; done
expect_measured "$scratch/offloads" on_coordinator "$copycost" run $agents $show --send one-copy \
  --sizes 64K --tso on,off --gro found,on --repeats 1 -t 200ms
[ "$(column "$scratch/offloads/results.csv" tso | sort -u | tr '\n' ' ')" = "found off on " ] ||
  fail "tso: $(column "$scratch/offloads/results.csv" tso | sort -u)"
[ "$(column "$scratch/mtu/results.csv" mtu | sort -u | tr '\n' ' ')" = "1400 9000 found " ] || fail "mtu"
nsenter -t "${host_pid[coordinator]}" -n -- "$copycost" run $agents $show --send one-copy --sizes 64K \
  --mtu 9000 --duration 5s -o "$scratch/killed" >/dev/null 2>&1 </dev/null &
run=$!
until [ "$(mtu_of sender)" = 9000 ] && [ "$(mtu_of receiver)" = 9000 ]; do
  kill -0 "$run" || fail "the run ended"
  sleep 0.02
done
guarded=${agent_pid[sender]}
kill -9 "$guarded" "$run"
for host in sender receiver; do
  for i in $(seq 100); do [ "$(mtu_of "$host")" != 1500 ] || break; sleep 0.05; done
  [ "$(mtu_of "$host")" = 1500 ] || fail "MTU of $host after kill -9"
done

# A full disk stops the run, and keeps what was stored before.
disk=$scratch/disk
mkdir "$disk"
fill() {
  mount -t tmpfs -o size=300k none "$disk"
  expect_exit 4 "$copycost" run --sizes 4K --repeats 1000 --warmup 10ms --duration 100ms -o "$disk/run"
  grep -q full "$scratch/err" || fail "the disk is not named: $(cat "$scratch/err")"
  grep -q "to go on: copycost resume" "$scratch/err" || fail "no way on: $(cat "$scratch/err")"
  mount -o remount,size=600k "$disk"
  expect_exit 4 "$copycost" resume "$disk/run"
  sqlite3 "$disk/run/results.db" 'PRAGMA integrity_check' | grep -qx ok || fail "damaged"
  twice=$(sqlite3 "$disk/run/results.db" "SELECT trial_id FROM trial WHERE
    outcome = 'ok' GROUP BY 1 HAVING count(*) > 1")
  [ -z "$twice" ] || fail "stored twice: $twice"
  [ "$(sqlite3 "$disk/run/results.db" 'SELECT count(DISTINCT session) FROM trial')" = 2 ] ||
    fail "nothing was measured after the disk had room again"
}
export -f fill fail expect_exit
export scratch disk copycost
unshare -m bash -euo pipefail -c fill || fail "full disk"
