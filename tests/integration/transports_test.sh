#!/usr/bin/env bash
# Transports beside TCP: unix sockets between two namespaces and between two agents that run already,
# their copies, what is absent there, and that nothing is left behind, killed or not; UDP, and what it
# loses; kernel TLS.
source "$(dirname "$0")/lib.sh"
source "$root/tests/integration/loopback_agents.sh"

export XDG_RUNTIME_DIR=$scratch/runtime  # places of sockets, and nothing else
mkdir "$XDG_RUNTIME_DIR"
chmod 777 "$XDG_RUNTIME_DIR"
nothing_left() { [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ] || fail "left behind: $(ls -A "$XDG_RUNTIME_DIR")"; }

# check_copies RUN: of every good trial over unix.
check_copies() {
  awk -F, '
    BEGIN { split("two-copy 2 one-copy 1 writev 1 uring-send 1 uring-sendmsg 1 splice 1 sendfile 1 " \
                  "vmsplice 0", words, " ")
            for (i = 1; i in words; i += 2) sender[words[i]] = words[i + 1] }
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] != "ok" || $at["purpose"] != "measure" || $at["transport"] != "unix" { next }
    { ++good
      mode = $at["send_mode"]; drops = $at["receive_mode"] == "splice-null"
      expected = drops ? "" : sender[mode] + 1
      if (!(mode in sender) || $at["copies_per_byte"] != expected) {
        print mode " to " $at["receive_mode"] ": " $at["copies_per_byte"]; bad = 1 }
      if ($at["ip_version"] $at["congestion"] $at["mtu"] $at["retransmits"] != "") {
        print mode ": of a network: " $0; bad = 1 } }
    END { if (!good) print "nothing was good"; exit bad || !good }' "$1/results.csv" ||
    fail "copies of $1"
}

quickly=(--sizes 1000,64K -t 100ms --warmup 50ms --repeats 1)

# Every pair that goes over unix, between namespaces; the others are left out with the reason.
expect_measured "$scratch/pairs" "$copycost" run full --all-pairs --transport unix "${quickly[@]}"
check_copies "$scratch/pairs"
nothing_left
cells=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
                 $at["purpose"] == "measure" { print $at["send_mode"], $at["receive_mode"] }' \
          "$scratch/pairs/results.csv" | sort -u | wc -l)
[ "$cells" -ge 18 ] || fail "only $cells pairs were measured"
expect_exit 0 "$copycost" plan --transport tcp,unix
grep -q 'zero-copy is not over unix sockets' "$scratch/out" || fail "plan: $(cat "$scratch/out")"
expect_exit 0 "$copycost" modes
grep -q '^  unix *available' "$scratch/out" || fail "modes: $(cat "$scratch/out")"
expect_exit 3 "$copycost" run --transport unix --send zero-copy -o "$scratch/no"
expect_said "not over unix sockets"
expect_exit 2 "$copycost" run --transport unix --congestion reno -o "$scratch/no"
expect_said --congestion "unix has no part in it"


# UDP: every pair that goes over it, over both IP versions. What is lost is told, and no byte of it is
# goodput; what is verified is not lost.
expect_measured "$scratch/udp" "$copycost" run full --all-pairs --transport udp --ip 4,6 --sizes 1000,8K \
  -t 100ms --warmup 50ms --repeats 1
awk -F, '
  NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
  $at["purpose"] == "verify" && $at["outcome"] != "ok" { print "verification: " $0; bad = 1 }
  $at["outcome"] != "ok" || $at["purpose"] != "measure" { next }
  { ++good
    lossy = $at["flags"] ~ /lossy/
    if ((($at["lost_share"] + 0) > 0) != lossy || $at["lost_share"] == "") {
      print "lost " $at["lost_share"] ", flags " $at["flags"]; bad = 1 }
    expected = $at["receive_mode"] == "splice-null" ? "" : $at["send_mode"] == "two-copy" ? 3 : 2
    if ($at["copies_per_byte"] != expected) {
      print $at["send_mode"] " to " $at["receive_mode"] ": " $at["copies_per_byte"]; bad = 1 }
    if ($at["congestion"] $at["nodelay"] $at["retransmits"] != "") { print "of TCP: " $0; bad = 1 } }
  END { if (good < 64) print good " were good"; exit bad || good < 64 }' "$scratch/udp/results.csv" ||
  fail "udp"
expect_measured "$scratch/udp-rr" "$copycost" run --transport udp --pattern rr --send one-copy,zero-copy \
  --sizes 64,32000 -t 100ms --warmup 50ms --repeats 1
expect_exit 0 "$copycost" plan --transport udp,tcp --sizes 64K
grep -q 'udp takes at most 65507 bytes' "$scratch/out" || fail "plan: $(cat "$scratch/out")"
expect_exit 2 "$copycost" run --transport udp,unix --congestion reno -o "$scratch/no"
expect_said --congestion "udp, unix has no part in it"

# Threads that have several flows: over UDP they are held back by nothing, over unix by each alone.
expect_measured "$scratch/flows" "$copycost" run --transport udp,unix --send one-copy,zero-copy \
  --sizes 1000,8K --flows-per-thread 4 -t 100ms --warmup 50ms --repeats 2

# Kernel TLS: measured, or missing with what would enable it.
expect_exit 0 "$copycost" modes
if grep -q '^  ktls *available' "$scratch/out"; then
  expect_measured "$scratch/ktls" "$copycost" run --transport ktls --send two-copy "${quickly[@]}"
  [ "$(column "$scratch/ktls/results.csv" transforms_per_byte | sort -u)" = 2 ] || fail "transforms"
else
  grep -q 'modprobe tls' "$scratch/out" || fail "modes: $(cat "$scratch/out")"
  expect_exit 3 "$copycost" run --transport ktls -o "$scratch/no"
  expect_said "no ktls" "modprobe tls"
fi

expect_measured "$scratch/rr" "$copycost" run --transport unix --pattern rr --send two-copy \
  --threads 2 "${quickly[@]}"
check_copies "$scratch/rr"

# Agents that run already, and one that cannot pace what it sends.
start sender
start receiver
both="sender=$(address sender),receiver=$(address receiver)"
expect_measured "$scratch/agents" "$copycost" run --agents "$both" --transport unix,tcp \
  --send two-copy "${quickly[@]}"
check_copies "$scratch/agents"
start slow --max-rate 1G
expect_exit 1 "$copycost" run --agents "sender=$(address slow),receiver=$(address receiver)" \
  --transport unix --send two-copy "${quickly[@]}" -o "$scratch/slow"
grep -q 'unix cannot be paced' "$scratch/slow/results.csv" || fail "$(cat "$scratch/slow/results.csv")"
nothing_left

# Killed in the middle of it all.
"$copycost" run --transport unix --send two-copy --sizes 4K -t 5s -o "$scratch/killed" \
  >/dev/null 2>&1 </dev/null &
run=$!
until [ -s "$scratch/killed/results.db" ]; do sleep 0.05; done
sleep 0.5
kill -KILL $run
wait $run 2>/dev/null || true
nothing_left
