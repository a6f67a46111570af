#!/usr/bin/env bash
# Request and response between two namespaces, and between two agents over loopback: copies in both
# directions, latencies in their order, and a rate that is kept or told to be too high.
source "$(dirname "$0")/lib.sh"
source "$root/tests/integration/loopback_agents.sh"

# check RUN AWK: of every good trial, by the names of its columns: c("goodput_gbps").
check() {
  awk -F, "function c(name) { return \$at[name] }
    NR == 1 { for (i = 1; i <= NF; ++i) at[\$i] = i; next }
    c(\"outcome\") != \"ok\" || c(\"purpose\") != \"measure\" { next }
    { ++good; if (!($2)) { print; bad = 1 } }
    END { if (!good) print \"nothing was good\"; exit bad || !good }" "$1/results.csv" ||
    fail "$2 in $1"
}

# What belongs to a pattern is refused without it, before anything is started.
expect_exit 2 "$copycost" run --pattern paced -o "$scratch/no"
expect_said --rate "paced needs a rate"
expect_exit 2 "$copycost" run --pattern rr --rate 100 -o "$scratch/no"
expect_said --rate "--pattern paced"
expect_exit 2 "$copycost" run --response-size 64 -o "$scratch/no"
expect_said --response-size "--pattern rr"
expect_exit 2 "$copycost" run --pattern rr --response-size 100 -o "$scratch/no"
expect_said --response-size "8 equal fields"
expect_exit 3 "$copycost" run --pattern rr --flows-per-thread 2 -o "$scratch/no"
expect_said --flows-per-thread "an exchange takes its thread whole" "--pattern stream"
[ ! -e "$scratch/no" ] || fail "a refused run left a directory"

ordered='c("rr_latency_p50_us") > 0 && c("rr_latency_p50_us") <= c("rr_latency_p90_us") + 0 &&
  c("rr_latency_p90_us") <= c("rr_latency_p99_us") + 0 &&
  c("rr_latency_p99_us") <= c("rr_latency_max_us") + 0'
counted='c("exchanges_per_s") > 0 && c("goodput_gbps") > 0 && c("bytes_per_send_call") == "" &&
  c("send_call_mean_us") == "" && c("recv_call_mean_us") == ""'
both_ways='c("copies_per_byte") - (c("send_mode") == "two-copy" ? 3 : 2) < 0.005 &&
  c("copies_per_byte") - (c("send_mode") == "two-copy" ? 3 : 2) > -0.005'

expect_measured "$scratch/rr" "$copycost" run --pattern rr --sizes 64,16K --response-size same,4K \
  --threads 1 --repeats 1 -t 300ms --warmup 50ms
check "$scratch/rr" "$ordered"
check "$scratch/rr" "$counted"
check "$scratch/rr" "$both_ways"
check "$scratch/rr" 'c("pattern") == "rr" && c("rate") == "" && c("response_bytes") > 0'
# Zero-copy between two ends of one host is copied, whichever end sends.
check "$scratch/rr" '(c("send_mode") == "zero-copy") == (c("flags") ~ /kernel-copied/)'
grep -q 'p99' "$scratch/out" || fail "the table has no latency: $(cat "$scratch/out")"
grep -q 'goodput' "$scratch/out" && fail "the table has goodput: $(cat "$scratch/out")"

# Every mode serves both ends; every byte of both directions was verified before.
expect_measured "$scratch/modes" "$copycost" run full --pattern rr --sizes 16K --repeats 1 \
  -t 100ms --warmup 20ms
check "$scratch/modes" 'c("rr_latency_max_us") > 0'

# 200 a second are few; a busy machine may have the odd one late, but not lose any.
expect_measured "$scratch/paced" "$copycost" run --pattern paced --rate 200 --send two-copy,one-copy \
  --sizes 1K --repeats 2 -t 1s --warmup 100ms
check "$scratch/paced" "$ordered"
check "$scratch/paced" "$both_ways"
check "$scratch/paced" 'c("exchanges_per_s") >= 196 && c("exchanges_per_s") <= 204'
check "$scratch/paced" 'c("flags") !~ /saturated/ && c("rate") == 200'

expect_measured "$scratch/saturated" "$copycost" run --pattern paced --rate 10000000 --send two-copy \
  --sizes 1K --repeats 1 -t 200ms --warmup 50ms
check "$scratch/saturated" 'c("flags") ~ /saturated/ && c("exchanges_per_s") < 9900000'
grep -q 'saturated' "$scratch/out" || fail "the table does not say so: $(cat "$scratch/out")"

# A stream beside them has goodput and no latency, and the table says why.
expect_measured "$scratch/mixed" "$copycost" run --pattern stream,rr,paced --rate 100,200 \
  --send two-copy --sizes 4K --repeats 1 -t 200ms --warmup 50ms
[ "$(column "$scratch/mixed/summary.csv" pattern | sort | uniq -c | tr -s ' \n' ' ')" = \
  " 2 paced 1 rr 1 stream " ] || fail "cells of $scratch/mixed"
check "$scratch/mixed" '(c("pattern") == "stream") == (c("rr_latency_max_us") == "")'
check "$scratch/mixed" 'c("goodput_gbps") > 0'
grep -q 'the pattern is stream' "$scratch/out" || fail "no footnote: $(cat "$scratch/out")"

# And between agents that run already.
start sender --insecure
start receiver --insecure
expect_measured "$scratch/hosts" "$copycost" run --insecure \
  --agents "sender=$(address sender),receiver=$(address receiver)" \
  --pattern rr --sizes 1K --repeats 1 -t 200ms --warmup 50ms
check "$scratch/hosts" "$ordered"
check "$scratch/hosts" "$both_ways"
