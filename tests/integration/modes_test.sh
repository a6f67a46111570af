#!/usr/bin/env bash
# Every pair of modes between two namespaces: measured, verified where bytes are delivered, and the
# copies that the evidence tells are those of docs/copy-modes.md.
source "$(dirname "$0")/lib.sh"

# check RUN: of every good trial. S + K + D by the sender's mode; R is 1, or what was not mapped.
check() {
  awk -F, '
    BEGIN {
      split("two-copy 2 one-copy 1 writev 1 uring-send 1 uring-sendmsg 1 splice 1 sendfile 1 " \
            "vmsplice 0 zero-copy 1 uring-zero-copy 1 uring-zero-copy-fixed 1 " \
            "uring-sendmsg-zero-copy 1", words, " ")
      for (i = 1; i in words; i += 2) sender[words[i]] = words[i + 1]
    }
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] != "ok" || $at["purpose"] != "measure" { next }
    {
      ++good
      name = $at["send_mode"] " to " $at["receive_mode"]
      low = $at["copies_per_byte_at_least"]; high = $at["copies_per_byte_at_most"]
      if (!($at["send_mode"] in sender)) { print "no expectation of " name; bad = 1; next }
      if ($at["receive_mode"] == "truncate" || $at["receive_mode"] == "splice-null") {
        if (low != "" || $at["receiver_copies_per_byte"] != "") { print name ": told"; bad = 1 }
        next
      }
      mapped = $at["receive_mode"] == "mapped" ? $at["mapped_fraction"] : 0
      if (($at["mapped_fraction"] != "") != ($at["receive_mode"] == "mapped")) {
        print name ": mapped_fraction " $at["mapped_fraction"]; bad = 1
      }
      expected = sender[$at["send_mode"]] + 1 - mapped
      if ($at["send_mode"] == "sendfile" && $at["touch"] == "none") expected -= 1  # written once
      if (low > expected + 0.005 || high < expected - 0.005 || high - low > 0.1) {
        print name ": " low " to " high " instead of " expected; bad = 1
      }
    }
    END { if (!good) print "nothing was good"; exit bad || !good }' "$1/results.csv" ||
    fail "copies of $1"
}

# fraction RUN MODE: the mapped fraction of its good trials to mapped, each on a line.
fraction() {
  awk -F, -v mode="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] == "ok" && $at["purpose"] == "measure" && $at["send_mode"] == mode &&
      $at["receive_mode"] == "mapped" { print $at["mapped_fraction"] }' "$1/results.csv"
}

quickly=(-t 100ms --warmup 50ms --repeats 1)

expect_measured "$scratch/pairs" "$copycost" run full --all-pairs --sizes 1000,64K "${quickly[@]}"
check "$scratch/pairs"
# Nothing is left out but what this kernel lacks.
available() {  # send|receive
  "$copycost" modes | awk -v section="$1 modes" '
    /^[^ ]/ { inside = index($0, section) == 1 } inside && $2 == "available"' | wc -l
}
cells=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
                 $at["purpose"] == "measure" { print $at["send_mode"], $at["receive_mode"], $at["message_bytes"] }' \
          "$scratch/pairs/results.csv" | sort -u | wc -l)
[ "$cells" = $(($(available send) * $(available receive) * 2)) ] || fail "$cells cells were measured"

# Every mode where a thread has several flows.
expect_measured "$scratch/flows" "$copycost" run full --flows-per-thread 3 --sizes 1000,64K \
  "${quickly[@]}"
check "$scratch/flows"

# A page to a segment: what can be mapped is.
if [ "$(id -u)" = 0 ]; then
  expect_measured "$scratch/mapped" "$copycost" run --send zero-copy,two-copy --receive mapped \
    --sizes 64K --mtu mappable --repeats 3 -t 400ms --warmup 100ms
  check "$scratch/mapped"
  value=$(fraction "$scratch/mapped" zero-copy | sort -g | sed -n 2p)  # the median, if all are good
  awk -v value="$value" 'BEGIN { exit !(value >= 0.99) }' || fail "zero-copy: $value was mapped"
  # A file's pages cannot be mapped while they are the file's: here it is written once. One that is
  # written anew for each message gives its pages up, which can then be mapped where the receiver lags.
  expect_measured "$scratch/file" "$copycost" run --send sendfile --touch none --receive mapped \
    --sizes 64K --mtu mappable --repeats 3 -t 200ms --warmup 100ms
  check "$scratch/file"
  for value in $(fraction "$scratch/file" sendfile); do
    awk -v value="$value" 'BEGIN { exit !(value < 0.01) }' || fail "sendfile: $value was mapped"
  done
  grep -q not-mapped "$scratch/out" || fail "the table does not say so: $(cat "$scratch/out")"
fi
