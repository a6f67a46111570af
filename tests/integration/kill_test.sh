#!/usr/bin/env bash
# kill -9 of the coordinator at random moments, each followed by `copycost resume`: nothing is left
# behind but the results; every trial that had been reported is stored; in the end every trial of the
# plan has been carried out once, and no other. COPYCOST_KILLS sets how often.
source "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
command -v jq >/dev/null || skip "jq is not installed"

rounds=${COPYCOST_KILLS:-30}
before=$(leftovers)

added() { comm -13 <(printf '%s\n' "$before") <(leftovers); }

# Until nothing is there that was not; the kernel takes namespaces down after their last process.
expect_clean() {
  local i
  for i in $(seq 100); do
    [ -z "$(added)" ] && return
    sleep 0.05
  done
  fail "left behind in round $1: $(added)"
}

query() { sqlite3 -readonly "$out/results.db" "$1"; }

# What had been reported when the coordinator was killed is stored, as it was reported; beside it at
# most the one trial that was stored and not yet reported.
expect_kept() {
  local stored
  [ -e "$out/results.db" ] || { [ ! -s "$out.json" ] || fail "trials reported, no results.db"; return 0; }
  [ -s "$out/results.db" ] || { [ ! -s "$out.json" ] || fail "trials reported, none stored"; return 0; }
  # For writing: this rolls back a commit that was cut short.
  sqlite3 "$out/results.db" 'PRAGMA integrity_check' | grep -qx ok || fail "round $1: damaged"
  [ -s "$out/results.db" ] || { [ ! -s "$out.json" ] || fail "trials reported, none stored"; return 0; }
  stored=$(query "SELECT trial_id, attempt, outcome, started_utc FROM trial" | sort)
  # A line cut short by the kill was not reported.
  sed -n '/^{.*}$/p' "$out.json" | jq -r 'select(.type == "trial") |
    [.trial_id, .attempt, .outcome, .started_utc] | join("|")' >>"$out.reported"
  comm -13 <(printf '%s\n' "$stored") <(sort "$out.reported") | grep . &&
    fail "round $1: reported but not stored"
  comm -23 <(printf '%s\n' "$stored") <(sort "$out.reported") >"$out.unreported" || true
  unreported=$((unreported + 1))
  [ "$(wc -l <"$out.unreported")" -le "$unreported" ] || fail "round $1: $(cat "$out.unreported")"
}

# The plan's trials, each over once: none lost, doubled or invented. Windows that a busy machine
# disturbed make a trial invalid, and over.
expect_complete() {
  local block planned
  planned=$(printf 'v%02d\n' 1 2 3
            for block in $(seq "$blocks"); do
              printf "b%03d-c%03d\n" "$block" 1 "$block" 2 "$block" 3
            done)
  diff <(sort <<<"$planned") <(query "SELECT trial_id FROM trial WHERE outcome = 'ok' OR
    outcome = 'invalid' AND reason LIKE '%windows of its two ends overlap%'" | sort) >&2 ||
    fail "not every trial once"
}

# Runs, or goes on with the run that was left. Sets pid.
start() {
  if [ -n "$out" ] && [ -s "$out/results.db" ]; then
    "$copycost" resume "$out" --json >"$out.json" 2>"$out.log" </dev/null &
  else
    runs=$((runs + 1)) unreported=0
    out=$scratch/run$runs
    : >"$out.reported"
    "$copycost" run --sizes 4K --repeats "$blocks" --warmup 10ms --duration 100ms --json -o "$out" \
      >"$out.json" 2>"$out.log" </dev/null &
  fi
  pid=$!
}

# To be called once the process has ended well.
finish() {
  expect_kept end
  expect_complete
  out=
}

readonly blocks=40
out= runs=0 kills=0
while [ "$kills" -lt "$rounds" ]; do
  start
  sleep "$((RANDOM % 2)).$(printf '%03d' $((RANDOM % 1000)))"
  if kill -9 "$pid" 2>/dev/null; then
    wait "$pid" 2>/dev/null || true
    kills=$((kills + 1))
    expect_clean "$kills"
    expect_kept "$kills"
  else
    code=0
    wait "$pid" || code=$?
    [ "$code" -le 1 ] || fail "exit $code: $(cat "$out.log")"
    finish
  fi
done
start
code=0
wait "$pid" || code=$?
[ "$code" -le 1 ] || fail "exit $code: $(cat "$out.log")"
finish
echo "$kills kills of $runs runs, all complete: nothing lost, doubled, invented or left behind"
