#!/usr/bin/env bash
# The copy ledger: each copy is seen in the modes that make it, and in no other; an injected copy is
# seen where it belongs; and who may not sample is told so.
source "$(dirname "$0")/lib.sh"

# of_ledger RUN WORK LABEL COLUMN: of the cell with this label.
of_ledger() {
  awk -F, -v work="$2" -v label="$3" -v column="$4" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["work"] == work && $at["label"] == label { print $at[column] }' "$1/ledger.csv"
}
holds() { awk "BEGIN { exit !($1) }" || fail "$2: $1 does not hold"; }
# expect_seen RUN WORK LABEL...; expect_unseen RUN WORK LABEL...: less than 1 % of busy time.
expect_seen() {
  local label
  for label in "${@:3}"; do
    holds "$(of_ledger "$1" "$2" "$label" samples) > 0" "$2 of $label"
  done
}
expect_unseen() {
  local label
  for label in "${@:3}"; do
    holds "$(of_ledger "$1" "$2" "$label" share_high) < 0.01" "$2 of $label"
  done
}

readonly paranoid=$(cat /proc/sys/kernel/perf_event_paranoid)
mkdir -m 777 "$scratch/nobody"
expect_measured "$scratch/nobody/run" rootless "$copycost" run --ledger --repeats 1 -t 300ms \
  --send one-copy --sizes 64K
if [ "$paranoid" -gt 0 ]; then
  grep -q "no ledger: sender: " "$scratch/out" || fail "$(cat "$scratch/out")"
  grep -q "kernel.perf_event_paranoid=0" "$scratch/nobody/run/ledger.csv" || fail "no remedy"
  [ "$(wc -l < "$scratch/nobody/run/ledger.csv")" = 2 ] || fail "no reason in ledger.csv"
fi
expect_exit 2 "$copycost" run --ledger-hz 5000
expect_said "--ledger-hz: 5000 is out of range; 1 to 4999"
expect_exit 3 "$copycost" run --send one-copy --extra-copies 1
expect_said "extra-copies"

[ "$(id -u)" = 0 ] || skip "only root samples CPUs"
run=$scratch/copies
expect_measured "$run" "$copycost" run --ledger --repeats 4 --ip 4 --sizes 64K \
  --send two-copy,one-copy,zero-copy
expect_seen "$run" staging two-copy
expect_unseen "$run" staging one-copy zero-copy
for work in delivery-copy pinning; do
  expect_seen "$run" "$work" zero-copy
  expect_unseen "$run" "$work" two-copy one-copy
done
expect_seen "$run" sender-copy two-copy one-copy
expect_unseen "$run" sender-copy zero-copy
expect_seen "$run" receiver-copy two-copy one-copy zero-copy
expect_seen "$run" touch two-copy one-copy zero-copy
expect_unseen "$run" mapping two-copy one-copy zero-copy
for label in two-copy one-copy zero-copy; do
  holds "$(of_ledger "$run" unknown "$label" share) < 0.05" "unknown of $label"
done
# Ledger trials are no results.
[ "$(column "$run/summary.csv" n | sort -u | tr -d '\n')" = 4 ] || fail "n of summary.csv"
grep -q "^sender;.*;_copy_from_iter" "$run/stacks/cell-001.folded" || fail "no stacks"

run=$scratch/mapped
expect_measured "$run" "$copycost" run --ledger --repeats 4 --ip 4 --sizes 64K --send zero-copy \
  --receive recv,mapped --mtu mappable
expect_seen "$run" mapping mapped
expect_unseen "$run" mapping recv
# What does not fill a page is copied: some 3 bytes of 1000.
holds "$(of_ledger "$run" receiver-copy mapped share) < 0.1 * $(of_ledger "$run" receiver-copy recv share)" \
  "receiver-copy of mapped"

# A known dose: 32 copies more than its own one are as much more of staging as they take by direct
# timing, to within 10 %, and nothing else takes as much as a tenth of it.
run=$scratch/dose
expect_measured "$run" "$copycost" run --ledger --ledger-hz 499 --repeats 6 --ip 4 --sizes 64K \
  --send two-copy --extra-copies none,32
timed() {  # EXTRA-COPIES: staging of a byte by direct timing, ns
  awk -F, -v extra="$1" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["purpose"] == "ledger" && $at["outcome"] == "ok" && $at["extra_copies"] == extra {
      sum += $at["staging_copy_ns"]; ++n }
    END { print (1 + (extra == "none" ? 0 : extra)) * sum / n / 65536 }' "$run/results.csv"
}
# Direct timing counts what other programs take meanwhile.
for label in extra_copies=none extra_copies=32; do
  others=$(of_ledger "$run" other-programs "$label" share)
  awk "BEGIN { exit !($others < 0.05) }" || skip "other programs run: their share is $others"
done
staging() { of_ledger "$run" staging "extra_copies=$1" "ns_per_byte$2"; }
dose="($(timed 32) - $(timed none))"
holds "$(staging 32 _high) - $(staging none _low) > 0.9 * $dose" "too little staging"
holds "$(staging 32 _low) - $(staging none _high) < 1.1 * $dose" "too much staging"
# No other kind of work has a tenth of it. Less it may: caches hold other bytes than before.
works=$(column "$run/ledger.csv" work | sort -u | grep -v '^staging$')
[ "$(wc -w <<< "$works")" = 20 ] || fail "kinds of work: $works"
for work in $works; do
  low=$(of_ledger "$run" "$work" extra_copies=32 ns_per_byte_low)
  high=$(of_ledger "$run" "$work" extra_copies=none ns_per_byte_high)
  holds "$low - $high < 0.1 * $dose" "$work grew with the dose"
done
