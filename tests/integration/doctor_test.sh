#!/usr/bin/env bash
# What doctor says of hosts that can measure, that can measure less, and that cannot; that it says it
# to programs too, and leaves everything as it was.
source "$(dirname "$0")/lib.sh"
source "$root/tests/integration/loopback_agents.sh"


# query SQL: over the JSON lines of the last command, in the order of the table `line`.
query() {
  {
    echo 'CREATE TABLE line(text);'
    sed "s/'/''/g; s/.*/INSERT INTO line VALUES('&');/" "$scratch/out"
    echo "$1;"
  } | sqlite3 :memory:
}

# expect_check SUBJECT NAME STATE [TEXT]: a check of the last command's JSON lines. TEXT is somewhere
# in what was found or in the remedy.
expect_check() {
  local is
  is=$(query "SELECT json_extract(text, '\$.state') || ': ' || json_extract(text, '\$.found') || '; ' ||
                     coalesce(json_extract(text, '\$.remedy'), '')
              FROM line WHERE json_extract(text, '\$.subject') = '$1'
                          AND json_extract(text, '\$.name') = '$2'")
  case $is in
    "$3: "*"${4:-}"*) ;;
    *) fail "$1, $2 is '$is', not $3 with '${4:-}'" ;;
  esac
}

# doctor CODE FLAG...: with JSON lines, all of them good.
doctor() {
  local code=$1
  shift
  expect_exit "$code" "$@" --json
  [ "$(query 'SELECT count(*) FROM line WHERE NOT json_valid(text)')" = 0 ] ||
    fail "not JSON lines: $(cat "$scratch/out")"
  [ "$(query "SELECT json_extract(text, '\$.type') || json_extract(text, '\$.exit_code') FROM line
              ORDER BY rowid DESC LIMIT 1")" = "doctor$code" ] || fail "the last line: $(tail -1 "$scratch/out")"
  [ "$(query "SELECT count(*) FROM line WHERE json_extract(text, '\$.type') = 'check' AND
              json_extract(text, '\$.state') NOT IN ('ok', 'limited', 'missing')")" = 0 ] || fail "states"
}

# What doctor might change, and what it could leave.
state() {
  leftovers
  grep -H . /sys/class/net/*/mtu /proc/sys/net/ipv4/tcp_{no_metrics_save,allowed_congestion_control} \
    /proc/sys/kernel/{perf_event_paranoid,kptr_restrict} 2>/dev/null || true
  cut -d' ' -f1 /proc/modules 2>/dev/null | sort || true
}

# Namespaces of this host.
before=$(state)
expect_exit 0 "$copycost" doctor
grep -q '^sender and receiver$' "$scratch/out" || fail "no common section: $(cat "$scratch/out")"
grep -q 'A run can be made\.$' "$scratch/out" || fail "no verdict: $(cat "$scratch/out")"
[ ! -s "$scratch/err" ] || fail "stderr: $(cat "$scratch/err")"
after=$(state)
[ "$before" = "$after" ] || fail "doctor left something: $(diff <(echo "$before") <(echo "$after"))"
doctor 0 "$copycost" doctor
expect_check "this host" "host lock" ok
for mode in two-copy one-copy zero-copy; do
  expect_check sender "send mode $mode" ok
  expect_check "data path" "IPv4, $mode to recv" ok "came whole from 198.18.0.1 to 198.18.0.2"
done
expect_check "data path" "IPv4, zero-copy to recv" ok "the kernel copied"
expect_check sender "TCP metrics" ok
expect_check receiver "data address 198.18.0.2" ok data0
expect_check receiver "link changes" ok

# Every check is explained.
query "SELECT DISTINCT json_extract(text, '\$.name') FROM line
       WHERE json_extract(text, '\$.type') = 'check'" |
  sed 's/^\(send\|receive\) mode .*/\1 mode <mode>/; s/^congestion control .*/congestion control <name>/
       s/^data address .*/data address <address>/; s/^IPv[46], .*/IPv<version>, <send mode> to <receive mode>/' |
  sort -u >"$scratch/names"
[ "$(wc -l <"$scratch/names")" -gt 20 ] || fail "few checks: $(cat "$scratch/names")"
while read -r name; do
  grep -q "^| .*\`$name\`.* |" "$root/docs/doctor.md" || fail "docs/doctor.md lacks '$name'"
done <"$scratch/names"

# A reader who has seen enough.
[ "$("$copycost" doctor 2>&1 | head -1)" = "this host" ] || fail "behind head"

# An unprivileged user with little locked memory, and with too little.
if [ "$(id -u)" = 0 ]; then
  mkdir -m 777 "$scratch/nobody"
  cd "$scratch/nobody"
  limited() { (ulimit -l "$1" && shift && rootless "$@"); }
  doctor 0 limited 64 "$copycost" doctor
  expect_check sender "locked memory" limited "too little for messages of 64K"
  expect_check sender "locked memory" limited "sudo prlimit --pid \$\$ --memlock=unlimited"
  expect_check sender priority limited --rtprio=1
  expect_check "data path" "IPv4, two-copy to recv" ok "messages of 64K"
  expect_check "data path" "IPv4, zero-copy to recv" ok "messages of 16K"
  doctor 0 limited 4 "$copycost" doctor
  expect_check sender "locked memory" missing memlock
  expect_check sender "send mode zero-copy" missing "ulimit -l"
  expect_check "data path" "IPv4, two-copy to recv" ok
  grep -q 'IPv4, zero-copy' "$scratch/out" && fail "a mode that is missing was tried"
  # The remedies are good, where root may give them.
  (
    prlimit --pid $BASHPID --memlock=unlimited --rtprio=1 2>/dev/null || exit 0
    doctor 0 rootless "$copycost" doctor
    expect_check sender "locked memory" ok
    expect_check sender priority ok
  )
  cd "$scratch"
fi

# Where namespaces are not to be had.
doctor 3 "$copycost" doctor --agent-binary /no/such/agent
expect_check "this host" namespaces missing --agent-binary
if unshare -Ur true 2>/dev/null; then
  without_namespaces() { unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' - "$@"; }
  doctor 3 without_namespaces "$copycost" doctor
  expect_check "this host" namespaces missing user.max_net_namespaces
fi
doctor 3 "$copycost" doctor --agent-binary /bin/false
expect_check sender "control channel" missing "copycost-agent --version"

# What is typed wrong is no diagnosis.
expect_exit 2 "$copycost" doctor --no-such-flag
expect_said --no-such-flag
expect_exit 2 "$copycost" doctor --agents sender=127.0.0.1:1
expect_said --agents
expect_exit 2 "$copycost" doctor --tls-ca "$scratch/absent"
expect_said --tls-ca
[ ! -s "$scratch/out" ] || fail "bad flags have an answer: $(cat "$scratch/out")"

# Agents that run already, on one host.
start sender --max-rate 100M
start receiver
both="--agents sender=$(address sender),receiver=$(address receiver)"
doctor 0 "$copycost" doctor $both
expect_check sender "permitted trials" limited "--pacing 100M"
expect_check sender "control channel" ok "$(address sender)"
expect_check "data path" hosts limited "two hosts"
expect_check "data path" "IPv4, zero-copy to recv" ok "127.0.0.1 to 127.0.0.1"
expect_check "data path" IPv6 missing /DATA_ADDR
doctor 0 "$copycost" doctor --agents "sender=$(address sender)/::1,receiver=$(address receiver)/::1"
expect_check "data path" "IPv6, one-copy to recv" ok

# One that is not there does not hide the other; nor does an address that is not its host's.
doctor 3 "$copycost" doctor --agents "sender=$(address sender),receiver=127.0.0.1:1"
expect_check receiver "control channel" missing 127.0.0.1:1
expect_check sender "send mode two-copy" ok
doctor 3 "$copycost" doctor --agents "sender=$(address sender)/192.0.2.1,receiver=$(address receiver)"
expect_check sender "data address 192.0.2.1" missing "Cannot assign"
doctor 3 "$copycost" doctor --agents sender=192.0.2.1:1,receiver=192.0.2.2:1
expect_check "this host" agents missing --insecure
start careful --allow 192.0.2.0/24
doctor 3 "$copycost" doctor --agents "sender=$(address careful),receiver=$(address receiver)"
expect_check "data path" "IPv4, two-copy to recv" missing --allow

# Certificates on one side only.
if command -v openssl >/dev/null; then
  "$root/deploy/tls/make-certs.sh" "$scratch/certs" 127.0.0.1 >/dev/null
  tls() { echo "--tls-ca $scratch/certs/ca.pem --tls-cert $scratch/certs/$1.pem --tls-key $scratch/certs/$1.key"; }
  start secret $(tls 127.0.0.1)
  secret="--agents sender=$(address secret),receiver=$(address receiver)"
  doctor 3 "$copycost" doctor $secret
  expect_check sender "control channel" missing --tls-ca
  doctor 3 "$copycost" doctor $both $(tls coordinator)
  expect_check sender "control channel" missing "certificate of the same authority"
fi

# A run that measures is told, and left alone.
"$copycost" run $both --send two-copy --sizes 4K --pacing 80M --repeats 200 -o "$scratch/long" \
  >/dev/null 2>&1 </dev/null &
long=$!
agents+=("$long")
until [ -e "$scratch/long/results.db" ]; do
  kill -0 "$long" || fail "the long run ended"
  sleep 0.05
done
doctor 0 "$copycost" doctor $both
expect_check "this host" "host lock" limited "process $long"
expect_check "data path" hold limited "held by"
doctor 0 "$copycost" doctor $both --share-host
expect_check "data path" hold limited "process $long"
grep -q 'IPv4' "$scratch/out" && fail "trials were made with agents of another run"
doctor 0 "$copycost" doctor
expect_check "this host" "host lock" limited "process $long"
kill -0 "$long" || fail "doctor ended the run"
kill -INT "$long"
wait "$long" || true
column "$scratch/long/results.csv" outcome | grep -qx failed && fail "doctor disturbed the run"
exit 0
