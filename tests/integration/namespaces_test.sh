#!/usr/bin/env bash
# Whole runs in real namespaces, as this user and, from root, as an unprivileged one too.
source "$(dirname "$0")/lib.sh"

# check RUN: the evidence of every good trial is what a veth pair gives.
check() {
  expect_copies "$1"
  awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
           $at["purpose"] != "measure" || $at["outcome"] != "ok" { next }
           { copied = $at["send_mode"] == "zero-copy"
             if (copied && $at["zero_copy_copied"] != $at["zero_copy_sends"]) { print $0; bad = 1 }
             if (!copied && $at["zero_copy_sends"] != "") { print "not absent: " $0; bad = 1 }
             if (!($at["goodput_gbps"] > 0) || !($at["host_cpu_ns_per_byte"] > 0)) {
               print "no goodput or CPU: " $0; bad = 1 } }
           END { exit bad }' "$1/results.csv" || fail "evidence of $1"
  grep -q kernel-copied "$scratch/out" || fail "the table does not say so: $(cat "$scratch/out")"
}

# Sizes must divide into fields: 64K does not into 5.
out=$scratch/refused
expect_exit 2 "$copycost" run --sizes 64K --fields 5 -o "$out"
[ ! -e "$out" ] || fail "a refused run left $out"

run() {
  local out=$1
  shift
  expect_measured "$out" "$@" run --sizes 1000,64K --fields 8 --threads 1,2 --ip 4,6 \
    --touch header --read checksum --repeats 1
  check "$out"
}

run "$scratch/own" "$copycost"
if [ "$(id -u)" = 0 ]; then
  mkdir -m 777 "$scratch/nobody"
  run "$scratch/nobody/run" rootless "$copycost"
fi

# Threads that have several flows: they carry them all, and each byte is copied as often as by one.
expect_measured "$scratch/flows" "$copycost" run --sizes 4K,64K --threads 2 --flows-per-thread 1,4 \
  --repeats 2 -t 200ms --warmup 50ms
check "$scratch/flows"
cells=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
                 $at["purpose"] == "measure" && $at["outcome"] == "ok" {
                   print $at["send_mode"], $at["message_bytes"], $at["flows_per_thread"] }' \
          "$scratch/flows/results.csv" | sort -u | wc -l)
[ "$cells" = 12 ] || fail "$cells cells with one flow a thread and with four were measured"

# An experiment that a run wrote asks for the same plan again.
"$copycost" plan "$scratch/own/experiment.textproto" | sed 1d >"$scratch/plan1"
"$copycost" plan --sizes 1000,64K --threads 1,2 --ip 4,6 --touch header --read checksum --repeats 1 \
  --seed "$(sed -n 's/^seed: //p' "$scratch/own/experiment.textproto")" | sed 1d >"$scratch/plan2"
cmp "$scratch/plan1" "$scratch/plan2" || fail "the written experiment plans differently"

# Where both ends are on one CPU, packets are taken there too. What the host has not is an error.
expect_measured "$scratch/placed" "$copycost" run --send one-copy --sizes 64K -t 200ms \
  --placement spread,same-cpu --repeats 2
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
         $at["purpose"] != "measure" || $at["outcome"] != "ok" { next }
         $at["incoming_on_own_cpu"] == "" { print; bad = 1 }
         $at["placement"] != "same-cpu" { next }
         $at["incoming_on_own_cpu"] != 1 || $at["flags"] ~ /oversubscribed/ { print; bad = 1 }
         END { exit bad }' "$scratch/placed/results.csv" || fail "placement of $scratch/placed"
expect_exit 3 "$copycost" run --placement spread,nic-node -o "$scratch/no-nic"
expect_said "--placement" "the sender's host does not tell on which NUMA node"

# What hosts are and how they are set is told; an event that cannot be counted, before anything is
# measured; and why columns are empty.
expect_measured "$scratch/told" "$copycost" run --send one-copy --sizes 64K --repeats 2 -t 200ms --events cycels,page-faults
expect_said "sender, receiver: cycels will not be counted: libpfm4: event not found"
grep -q '^1,sender,.*,identity,kernel build,.' "$scratch/told/hosts.csv" || fail "no identity"
grep -q '^1,receiver,.*,setting,net.ipv4.tcp_rmem,\([0-9 ]*\),\1$' "$scratch/told/hosts.csv" ||
  fail "no settings before and after: $(grep tcp_rmem "$scratch/told/hosts.csv")"
grep -q '^1,sender,.*,reading,CPU time,".* busy, .* stolen",".*"$' "$scratch/told/hosts.csv" || fail "no CPU time"
grep -q '^sender_cycels,libpfm4: event not found' "$scratch/told/absent.csv" || fail "no reason"

# So is a setting that somebody changes while trials run.
if [ "$(id -u)" = 0 ]; then
  "$copycost" run --send one-copy --sizes 64K --repeats 12 -t 200ms -o "$scratch/changed" \
    >"$scratch/out" 2>"$scratch/err" </dev/null &
  run=$!
  until sqlite3 "$scratch/changed/results.db" 'SELECT 1 FROM trial' 2>/dev/null | grep -q 1; do
    kill -0 "$run" || fail "the run ended: $(cat "$scratch/err")"
    sleep 0.05
  done
  for agent in $(pgrep -f "^$scratch/bin/copycost-agent"); do
    nsenter -t "$agent" -n sysctl -qw net.ipv4.tcp_autocorking=0
  done
  code=0
  wait "$run" || code=$?
  [ "$code" -le 1 ] || fail "exit $code of a run while a setting was changed: $(cat "$scratch/err")"
  expect_said "while session 1 went on, sender, receiver: net.ipv4.tcp_autocorking 0, was 1"
fi
