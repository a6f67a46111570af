#!/usr/bin/env bash
# The kernel is asked to send messages of exactly the size that the row claims, in every mode and at
# every size of `classic`: read from the system calls themselves.
source "$(dirname "$0")/lib.sh"

command -v strace >/dev/null || skip "strace is not installed"
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here (kernel.yama.ptrace_scope?)"

# What was submitted on TCP sockets, a line a call: "socket submitted accepted". A data socket is
# known by the preamble of 20 bytes that was sent on it; -yy names the sockets.
submitted() {
  awk '
    !/TCP(v6)?:\[/ || !/^(sendto|sendmsg)\(/ || !match($0, / = [0-9]+$/) { next }
    { accepted = substr($0, RSTART + 3)
      rest = $0
      asked = 0
      if (/^sendto\(/) {
        sub(/^[^"]*"[^"]*"(\.\.\.)?, /, "", rest)
        asked = rest + 0
      } else {
        while (match(rest, /iov_len=[0-9]+/)) {
          asked += substr(rest, RSTART + 8, RLENGTH - 8)
          rest = substr(rest, RSTART + RLENGTH)
        }
      }
      match($0, /TCP(v6)?:\[[^]]*\]/)
      socket = substr($0, RSTART, RLENGTH)
      if (asked == 20) data[socket] = 1
      else { calls[++n] = socket " " asked " " accepted; of[n] = socket } }
    END { for (i = 1; i <= n; ++i) if (data[of[i]]) print calls[i] }' "$@"
}

for mode in two-copy one-copy zero-copy; do
  for size in 1024 4096 16384 65536; do
    out=$scratch/$mode-$size
    # -ff: a file a thread, so that no line is cut in two by another. Tracing disturbs the windows,
    # so that a trial may be invalid; what it submitted counts all the same. -s 16 also lets sixteen
    # elements of an iovec be printed.
    strace -ff -qq -yy -xx -s 16 -e trace=sendto,sendmsg -o "$out.trace" \
      "$copycost" run --send "$mode" --sizes "$size" --repeats 1 --warmup 20ms --duration 100ms \
      -o "$out" >/dev/null 2>"$out.log" </dev/null || [ $? = 1 ] || fail "run: $(cat "$out.log")"
    claimed=$(column "$out/results.csv" message_bytes | sort -u)
    [ "$claimed" = "$size" ] || [ "$claimed" = "$((size / 1024))K" ] || fail "row claims '$claimed'"
    submitted "$out".trace.* |
      awk -v size="$size" -v what="$mode $size" '
        { due = left[$1] > 0 ? left[$1] : size
          if ($2 != due) { print what ": submitted " $2 " where " due " was due"; bad = 1; exit }
          left[$1] = $2 - $3
          ++messages }
        END { if (bad) exit 1
              if (messages < 100) { print what ": only " messages + 0 " messages"; exit 1 }
              print what ": " messages " calls, each for exactly " size " bytes or their rest" }' ||
      fail "$mode at $size"
  done
done
