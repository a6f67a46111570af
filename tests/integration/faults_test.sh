#!/usr/bin/env bash
# Agents of a run between two hosts are killed, stopped and cut off at random moments. Traffic stops,
# the run goes on, and every attempt ends ok, or says why not.
#   COPYCOST_FAULTS       how many [6]
#   COPYCOST_STOP_WITHIN  seconds from the fault to the end of traffic at most [4]; the product's own
#                         bound is 2, which a busy machine may not let be seen
#   COPYCOST_RECOVER_WITHIN  seconds from the fault's end to the end of the next good trial [30]; the
#                         product's own bound is 10
source "$(dirname "$0")/lib.sh"
source "$root/tests/integration/two_hosts.sh"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
command -v jq >/dev/null || skip "jq is not installed"

faults=${COPYCOST_FAULTS:-6}
stop_within_ms=$((${COPYCOST_STOP_WITHIN:-4} * 1000))
recover_within_ms=$((${COPYCOST_RECOVER_WITHIN:-30} * 1000))

now_ms() { echo $(($(date +%s%N) / 1000000)); }
ok_trials() { grep -c '"outcome":"ok"' "$out.json" || true; }

# The last moment, in ms after $1, at which the sender put data on its link: until it has been quiet
# for 400 ms. A few packets of connections that are being torn down are no traffic.
traffic_end() {
  local from=$1 last=0 now bytes before
  before=$(data_bytes sender)
  while true; do
    sleep 0.04
    now=$(($(now_ms) - from))
    bytes=$(data_bytes sender)
    [ $((bytes - before)) -le 20000 ] || last=$now
    before=$bytes
    [ $((now - last)) -le 400 ] || break
    [ "$now" -le $((stop_within_ms + 2000)) ] || break
  done
  echo "$last"
}

begin_fault() {
  case $2 in
    kill) kill -9 "${agent_pid[$1]}" ;;
    end) kill -TERM "${agent_pid[$1]}" ;;
    stop) kill -STOP "${agent_pid[$1]}" ;;
    cut) on "$1" ip link set control down ;;
  esac
}

end_fault() {
  case $2 in
    kill | end) start_agent "$1" ;;
    stop) kill -CONT "${agent_pid[$1]}" ;;
    cut) on "$1" ip link set control up ;;
  esac
}

await_ok() {  # COUNT LIMIT_MS
  local from
  from=$(now_ms)
  until [ "$(ok_trials)" -gt "$1" ]; do
    kill -0 "$run" 2>/dev/null || fail "the run ended: $(cat "$out.log")"
    [ $(($(now_ms) - from)) -le "$2" ] || fail "no good trial within $2 ms: $(tail -5 "$out.log")"
    sleep 0.05
  done
  echo $(($(now_ms) - from))
}

make_hosts
start_agent sender
start_agent receiver
out=$scratch/run
# Trials that last longer than a lost coordinator may go unnoticed.
nsenter -t "${host_pid[coordinator]}" -n -- "$copycost" run $agents $show --sizes 64K \
  --send one-copy,zero-copy --repeats 100000 --warmup 50ms --duration 3s --json -o "$out" \
  >"$out.json" 2>"$out.log" </dev/null &
run=$!
await_ok 2 20000 >/dev/null

for round in $(seq "$faults"); do
  hosts=(sender receiver) kinds=(kill stop cut end)
  host=${hosts[RANDOM % 2]} kind=${kinds[round % 4]}
  sleep "$((RANDOM % 2)).$(printf '%03d' $((RANDOM % 1000)))"
  from=$(now_ms)
  begin_fault "$host" "$kind"
  stopped=$(traffic_end "$from")
  [ "$stopped" -le "$stop_within_ms" ] || fail "round $round: traffic $stopped ms after $kind $host"
  sleep "$((RANDOM % 3)).$(printf '%03d' $((RANDOM % 1000)))"
  good=$(ok_trials)
  end_fault "$host" "$kind"
  recovered=$(await_ok "$good" "$recover_within_ms")
  echo "round $round: $kind $host: traffic ended after $stopped ms, next good trial after $recovered ms"
done

kill -TERM "$run"
code=0
wait "$run" || code=$?
[ "$code" = 143 ] || fail "exit $code: $(tail "$out.log")"
query() { sqlite3 "$out/results.db" "$1"; }
bad=$(query "SELECT trial_id, attempt, outcome, reason FROM trial WHERE outcome NOT IN
  ('ok', 'failed', 'invalid', 'interrupted') OR (outcome != 'ok' AND reason IS NULL)")
[ -z "$bad" ] || fail "unexplained: $bad"
doubled=$(query "SELECT trial_id FROM trial WHERE outcome = 'ok' GROUP BY 1 HAVING count(*) > 1")
[ -z "$doubled" ] || fail "doubled: $doubled"
open=$(query "SELECT trial_id FROM trial GROUP BY 1 HAVING sum(outcome IN ('ok', 'invalid')) = 0")
[ "$(wc -w <<<"$open")" -le 1 ] || fail "left: $open"  # the one that was interrupted
query "SELECT outcome, count(*), min(reason) FROM trial GROUP BY outcome, substr(reason, 1, 20)"
