#!/usr/bin/env bash
# kill -9 of the coordinator at random moments leaves nothing behind but its results, and those hold
# every trial that had been reported. COPYCOST_KILLS sets how often.
source "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"

rounds=${COPYCOST_KILLS:-30}
before=$(leftovers)

# Until the host looks as it did before; the kernel takes namespaces down after their last process.
expect_clean() {
  local i
  for i in $(seq 100); do
    [ "$(leftovers)" = "$before" ] && return
    sleep 0.05
  done
  diff <(printf '%s\n' "$before") <(leftovers) >&2 || true
  fail "left behind in round $1"
}

reported_total=0
for round in $(seq "$rounds"); do
  out=$scratch/run$round
  "$copycost" run --sizes 4K --repeats 50 --warmup 10ms --duration 100ms --json -o "$out" \
    >"$out.json" 2>"$out.log" </dev/null &
  pid=$!
  sleep "$((RANDOM % 2)).$(printf '%03d' $((RANDOM % 1000)))"
  kill -9 "$pid" 2>/dev/null || fail "round $round: ended by itself: $(cat "$out.log")"
  wait "$pid" 2>/dev/null || true
  expect_clean "$round"

  [ -e "$out/results.db" ] || { [ ! -s "$out.json" ] || fail "trials reported, no results.db"; continue; }
  sqlite3 "$out/results.db" 'PRAGMA integrity_check' | grep -qx ok || fail "round $round: damaged"
  stored=$(sqlite3 "$out/results.db" 'SELECT trial_id FROM trial' | sort)
  # A line cut short by the kill was not reported.
  reported=$(sed -n 's/^{.*"trial_id":"\([^"]*\)".*}$/\1/p' "$out.json" | sort)
  missing=$(comm -13 <(printf '%s\n' "$stored") <(printf '%s\n' "$reported") | grep . || true)
  [ -z "$missing" ] || fail "round $round: reported but not stored: $missing"
  reported_total=$((reported_total + $(printf '%s\n' "$reported" | grep -c . || true)))
done
[ "$reported_total" -gt "$rounds" ] || fail "only $reported_total trials were reported in all"
echo "$rounds kills: nothing left behind, $reported_total reported trials all stored"
