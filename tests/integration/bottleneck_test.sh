#!/usr/bin/env bash
# Trials that are each held back by one thing, and say by which; and what is counted of threads by
# root and by a user without privileges.
source "$(dirname "$0")/lib.sh"
source "$root/tests/integration/two_hosts.sh"

# expect_bottleneck NAME RUN: of the good trials at least half say so. A busy machine may take CPUs
# away from one.
expect_bottleneck() {
  awk -F, -v name="$1" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["purpose"] == "measure" && $at["outcome"] == "ok" { ++good; told = told " " $at["bottleneck"]
      hits += $at["bottleneck"] == name }
    END { if (2 * hits < good || !good) { print "expected " name ", told:" told; exit 1 } }' \
    "$2/results.csv" >&2 || fail "bottleneck of $2"
}

# held_back_by NAME FLAG...
runs=$copycost
held_back_by() {
  rm -rf "${scratch:?}/$1"
  expect_measured "$scratch/$1" "$runs" run --repeats 4 -t 300ms --ip 4 "${@:2}"
  expect_bottleneck "$1" "$scratch/$1"
  [ "$(column "$scratch/$1/summary.csv" bottlenecks | grep -c "$1:")" = 1 ] || fail "no summary of $1"
}

held_back_by receive-window --send one-copy --sizes 64K --receive-buffer 8K
held_back_by send-buffer --send one-copy --sizes 64K --send-buffer 8K
held_back_by pacing --send one-copy --sizes 64K --pacing 1G
held_back_by sender-cpu --send two-copy --sizes 64K --extra-copies 32
held_back_by completions --send zero-copy --sizes 64K --ring-depth 1
held_back_by oversubscription --send one-copy --sizes 64K --threads 8
held_back_by round-trip --send one-copy --sizes 64K --pattern rr
held_back_by rate --send one-copy --sizes 1K --pattern paced --rate 200

# Of two CPUs the first flow's sender has number 1, its receiver 0. Other programs take two thirds
# of one: a reader that is slow, and a sender that has no time.
burned() {
  local cpu=$1 burners=()
  shift
  for _ in 1 2; do
    taskset -c "$cpu" timeout 60 sh -c 'while :; do :; done' &
    burners+=("$!")
  done
  trap 'kill "${burners[@]}" || true; end_hosts' EXIT
  held_back_by "$@"
  trap end_hosts EXIT
  kill "${burners[@]}"
  wait "${burners[@]}" || true
}
copycost_of_two() { taskset -c 0,1 "$copycost" "$@"; }
if [ "$(nproc --all)" -ge 2 ]; then
  runs=copycost_of_two
  burned 0 receiver-cpu --send one-copy --sizes 16K
  # At this rate it has time left, otherwise.
  burned 1 sender-cpu --send one-copy --sizes 16K --pacing 8G
  runs=$copycost
fi

# A link that is shaped.
make_hosts
on sender tc qdisc add dev data root tbf rate 500mbit burst 64kb latency 50ms ||
  skip "this kernel has no tbf"
start_agent sender
start_agent receiver
expect_measured "$scratch/link" on_coordinator "$copycost" run $agents $show --repeats 4 -t 600ms \
  --ip 4 --send one-copy --sizes 64K
expect_bottleneck link "$scratch/link"

# Whatever could not be counted is absent, and its reason is said; CPU time, switches and faults are
# there for everybody.
told() { column "$1/results.csv" "$2" | sed -n '/./p' | wc -l; }
expect_counted() {
  local run=$1 name
  shift
  for name in "$@"; do
    [ "$(told "$run" "$name")" = 2 ] || fail "$name of $run: $(column "$run/results.csv" "$name")"
  done
}
readonly of_threads="sender_cpu_ns_per_byte receiver_cpu_ns_per_byte host_cpu_ns_per_byte
  sender_context_switches receiver_context_switches sender_page_faults receiver_page_faults
  host_softirqs_net_rx busiest_cpu_share"
readonly counted="--repeats 2 -t 300ms --send one-copy --sizes 64K"
expect_measured "$scratch/counted" "$copycost" run $counted
expect_counted "$scratch/counted" $of_threads host_context_switches
mkdir -m 777 "$scratch/nobody"
expect_measured "$scratch/nobody/counted" rootless "$copycost" run $counted
expect_counted "$scratch/nobody/counted" $of_threads
if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 1 ]; then
  [ "$(told "$scratch/nobody/counted" host_context_switches)" = 0 ] || fail "CPUs are counted"
  expect_said "not counted of CPUs" "sudo sysctl -w kernel.perf_event_paranoid=0"
fi
for run in counted nobody/counted; do
  [ "$(column "$scratch/$run/results.csv" sender_cycles | tr -d '\n')" != 00 ] || fail "0 cycles"
done
expect_measured "$scratch/uncounted" "$copycost" run --events none --repeats 1 -t 200ms --sizes 4K
! head -1 "$scratch/uncounted/results.csv" | grep -q sender_cycles || fail "columns of nothing"
expect_exit 2 "$copycost" run --events cycles,cycles
expect_said "--events: cycles is named twice"
