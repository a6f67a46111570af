# Shared by the integration tests: sourced, not run. Usage of every test: TEST.sh PATH/TO/copycost
# Sets: copycost (a copy that any user can run, its agent beside it; unset in a test that takes none),
# scratch (removed at the end), root (the project).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

scratch=$(mktemp -d "${TMPDIR:-/tmp}/copycost-test.XXXXXX")
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT
if [ $# -gt 0 ]; then
  mkdir "$scratch/bin"
  cp "$1" "$(dirname "$1")/copycost-agent" "$scratch/bin/"
  copycost=$scratch/bin/copycost
fi
cd "$scratch"

readonly kSkip=77  # ctest's SKIP_RETURN_CODE

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

skip() {
  printf 'skipped: %s\n' "$*" >&2
  exit "$kSkip"
}

# expect_exit CODE COMMAND...: its output goes to $scratch/out and $scratch/err.
expect_exit() {
  local expected=$1 actual=0
  shift
  "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || actual=$?
  if [ "$actual" != "$expected" ]; then
    cat "$scratch/out" "$scratch/err" >&2
    fail "exit $actual instead of $expected: $*"
  fi
}

# expect_said TEXT...: each is somewhere in what the last command wrote to stderr.
expect_said() {
  local text
  for text in "$@"; do
    grep -qF -- "$text" "$scratch/err" || fail "stderr lacks '$text': $(cat "$scratch/err")"
  done
}

# column FILE NAME: the values of one column of a CSV without quoted commas.
column() {
  awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == name) at = i
                                  if (!at) { print "no column " name > "/dev/stderr"; exit 1 } }
                        NR > 1 { print $at }' "$1"
}

# expect_measured OUT COMMAND...: a run into OUT ends well. A machine that is busy with something else
# may keep a data thread from its CPU while a window opens or closes: such a trial is told invalid,
# which is right and no defect. Nothing else may be wrong with any trial, and some are good.
expect_measured() {
  local out=$1 code=0
  shift
  "$@" -o "$out" >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
  [ "$code" = 0 ] || [ "$code" = 1 ] || fail "exit $code of $*: $(cat "$scratch/err")"
  awk -F, -v code="$code" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] == "ok" { good += $at["purpose"] == "measure"; next }
    $at["outcome"] == "invalid" && $at["reason"] ~ /windows of its two ends overlap/ {
      late += $at["purpose"] == "measure"; next }
    { print; bad = 1 }
    END { exit bad || !good || code != (late > 0) }' "$out/results.csv" >&2 ||
    fail "trials of $*: $(cat "$scratch/err")"
}

# expect_copies RUN: the copies of every good trial, by its evidence, are those of a path that ends on
# the host it begins on.
expect_copies() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
           $at["purpose"] != "measure" || $at["outcome"] != "ok" { next }
           { expected = $at["send_mode"] == "two-copy" ? 3 : 2
             low = $at["copies_per_byte_at_least"]; high = $at["copies_per_byte_at_most"]
             if (low > expected || high < expected || high - low > 0.1) {
               print "copies of " $at["send_mode"] ": " low " to " high; bad = 1 }
             copied = $at["send_mode"] == "zero-copy"
             if (copied != ($at["flags"] ~ /kernel-copied/)) { print "flags: " $0; bad = 1 } }
           END { exit bad }' "$1/results.csv" || fail "evidence of $1"
}

# As another, unprivileged user, from a directory of his own: rootless COMMAND...
rootless() {
  setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all -- "$@"
}

# Whatever copycost could leave on the host, counted: processes, network namespaces, links.
leftovers() {
  {
    pgrep -f "^(copycost-helper|$scratch/bin/copycost)" || true
    find /proc -maxdepth 3 -path '*/ns/net' -exec readlink {} \; 2>/dev/null | sort -u
    ls /sys/class/net
    find /tmp /run /var/tmp -xdev -iname '*copycost*' ! -path "$scratch*" 2>/dev/null |
      grep -v '/copycost\.lock$' || true
  } | sort
}
