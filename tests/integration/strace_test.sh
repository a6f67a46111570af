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

# Whoever verifies or measures has a data socket for each attempt. So often each size must have been
# submitted, and nothing else.
for mode in two-copy one-copy zero-copy; do
  out=$scratch/$mode
  # -ff: a file a thread, so that no line is cut in two by another. Tracing disturbs the windows, so
  # that a trial may be invalid; what it submitted counts all the same. -s 16 also lets sixteen
  # elements of an iovec be printed.
  strace -ff -qq -yy -xx -s 16 -e trace=sendto,sendmsg -o "$out.trace" \
    "$copycost" run --send "$mode" --sizes 1K,4K,16K,64K --repeats 1 --warmup 20ms --duration 300ms \
    -o "$out" >/dev/null 2>"$out.log" </dev/null || [ $? = 1 ] || fail "run: $(cat "$out.log")"
  column "$out/results.csv" message_bytes | sort -n >"$out.claimed"
  [ "$(sort -u "$out.claimed" | wc -l)" = 4 ] || fail "rows claim: $(sort -u "$out.claimed")"
  submitted "$out".trace.* |
    awk -v what="$mode" '
      !($1 in size) { size[$1] = $2 }
      { due = left[$1] > 0 ? left[$1] : size[$1]
        if ($2 != due) { print what ": submitted " $2 " where " due " was due" > "/dev/stderr"; exit 1 }
        left[$1] = $2 - $3
        ++messages[$1] }
      END { for (socket in size) {
              if (messages[socket] < 20) {
                print what ": only " messages[socket] " of " size[socket] > "/dev/stderr"
                exit 1 }
              print size[socket] } }' | sort -n >"$out.submitted" || fail "$mode"
  cmp "$out.claimed" "$out.submitted" ||
    fail "$mode: rows claim $(uniq -c "$out.claimed" | xargs), submitted was $(uniq -c "$out.submitted" | xargs)"
  echo "$mode: $(wc -l <"$out.submitted") attempts, each with messages of exactly its size, or their rest"
done
