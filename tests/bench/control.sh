#!/usr/bin/env bash
# What the control path costs beside the measuring: docs/performance.md tells how to read it.
#
#   sudo tests/bench/control.sh build/bench/bin/copycost
#
# Start to first trial; time between trials; and, for one agent in the middle of a long trial between
# two hosts (network namespaces with a control link of their own): bytes on that link, CPU time of
# every thread that is no data thread, resident memory.
source "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
source "$root/tests/integration/two_hosts.sh"
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
readonly starts=20 seconds=8

now_ms() { echo $(($(date +%s%N) / 1000000)); }
# Of numbers, one a line: smallest, median, largest.
spread() { sort -n | awk '{ v[NR] = $1 } END { print v[1], v[int((NR + 1) / 2)], v[NR] }'; }
row() { printf '%-44s %10s %10s %10s  %s\n' "$@"; }
# Of a run: ms of wall clock at which each trial began, in order.
begins() {
  sqlite3 "$1/results.db" "SELECT cast(round((julianday(started_utc) - 2440587.5) * 86400000) AS INTEGER)
    FROM trial WHERE $2 ORDER BY rowid"
}

row what least median most ''
for i in $(seq "$starts"); do
  began=$(now_ms)
  expect_measured "$scratch/start$i" "$copycost" run --send two-copy --sizes 4K --repeats 1 \
    --warmup 10ms --duration 300ms
  echo $(($(begins "$scratch/start$i" 1 | head -1) - began))
done >"$scratch/starts"
row 'command to first trial (bound: 1000)' $(spread <"$scratch/starts") ms

expect_measured "$scratch/trials" "$copycost" run --sizes 4K,64K --threads 1,4 --repeats 6
begins "$scratch/trials" "purpose = 'measure'" |
  awk 'NR > 1 { print $1 - last - 800 } { last = $1 }' >"$scratch/between"
row 'between trials of 200 + 600 ms (bound: 60)' $(spread <"$scratch/between") ms

make_hosts
for threads in 1 8; do
  start_agent sender
  start_agent receiver
  idle=$(awk '/^VmRSS/ { print $2 / 1024 }' "/proc/${agent_pid[sender]}/status")
  nsenter -t "${host_pid[coordinator]}" -n -- "$copycost" run $agents $show --send one-copy --sizes 64K \
    --threads "$threads" --duration "$((seconds + 4))s" --repeats 1 -o "$scratch/long$threads" \
    >/dev/null 2>&1 </dev/null &
  run=$!
  until [ "$(sqlite3 -readonly "$scratch/long$threads/results.db" 'SELECT count(*) FROM trial' \
    2>/dev/null)" = 1 ] && [ "$(cat /proc/"${agent_pid[sender]}"/task/*/stat | wc -l)" -gt "$threads" ]; do
    kill -0 "$run" || fail "the run ended"
    sleep 0.2
  done
  sleep 2
  control_bytes() { on "$1" awk '$1 == "control:" { print $2 + $10 }' /proc/net/dev; }
  # Of every thread but those that move data, which are the busiest.
  other_cpu_ns() {
    cat /proc/"${agent_pid[$1]}"/task/*/schedstat | sort -rn | awk -v data="$threads" \
      'NR > data { sum += $1 } END { print sum }'
  }
  for host in sender receiver; do
    eval "bytes_$host=$(control_bytes $host) cpu_$host=$(other_cpu_ns $host)"
  done
  began=$(now_ms)
  sleep "$seconds"
  for host in sender receiver; do
    bytes=bytes_$host cpu=cpu_$host
    took=$(($(now_ms) - began))
    row "$threads flows, $host: control link (bound: 10)" '' \
      "$(awk "BEGIN { printf \"%.1f\", ($(control_bytes $host) - ${!bytes}) / $took }")" '' kB/s
    row "$threads flows, $host: all but data threads (0.5)" '' \
      "$(awk "BEGIN { printf \"%.2f\", ($(other_cpu_ns $host) - ${!cpu}) / $took / 1e4 }")" '' '% of a CPU'
    row "$threads flows, $host: memory in a trial" '' \
      "$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/${agent_pid[$host]}/status")" '' MiB
  done
  row "$threads flows: an idle agent" '' "$idle" '' MiB
  row "$threads flows: coordinator" '' \
    "$(awk '/^VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$run/status")" '' MiB
  wait "$run" || fail "the run failed"
  for host in sender receiver; do kill -9 "${agent_pid[$host]}"; done
done
