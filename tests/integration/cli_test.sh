#!/usr/bin/env bash
# What a stranger types: every mistake gets a message with the remedy and the right exit code.
source "$(dirname "$0")/lib.sh"

short="--send two-copy --sizes 4K --warmup 10ms --duration 100ms"

expect_exit 0 "$copycost"
grep -q 'copycost run' "$scratch/out" || fail "no examples"
expect_exit 0 "$copycost" --help
expect_exit 0 "$copycost" run --help
grep -q -- '--sizes' "$scratch/out" || fail "run --help lacks --sizes"
expect_exit 0 "$copycost" --version
expect_exit 0 "$copycost" presets
grep -q classic "$scratch/out" || fail "presets lacks classic"
expect_exit 0 "$copycost" modes
grep -q 'zero-copy *available' "$scratch/out" || fail "modes: $(cat "$scratch/out")"
expect_exit 0 "$copycost" plan classic
grep -q '48 cells' "$scratch/out" || fail "plan classic: $(cat "$scratch/out")"

expect_exit 2 "$copycost" resume
expect_said DIR
expect_exit 2 "$copycost" resume "$scratch/nowhere"
expect_said DIR nowhere/results.db
mkdir "$scratch/killed"
: >"$scratch/killed/results.db"
expect_exit 2 "$copycost" resume "$scratch/killed"
expect_said "is empty" "start it again"
expect_exit 2 "$copycost" nonsense
expect_exit 2 "$copycost" run --no-such-flag
expect_said --no-such-flag
expect_exit 2 "$copycost" run --sizes 1000 --fields 7
expect_said --sizes 1000 7 --fields
expect_exit 2 "$copycost" run --threads 0
expect_said --threads
expect_exit 2 "$copycost" run --flows-per-thread 65
expect_said --flows-per-thread "at most 64"
expect_exit 3 "$copycost" run --threads 32 --flows-per-thread 64
expect_said "2048 flows" "at most 1024"
expect_exit 2 "$copycost" run --send no-copy
expect_said --send no-copy two-copy one-copy zero-copy
expect_exit 2 "$copycost" run --sizes 1Q
expect_said --sizes 1Q
expect_exit 2 "$copycost" run --pacing 1
expect_said --pacing "multiple of 8"
expect_exit 2 "$copycost" run no-such-preset
expect_said no-such-preset quick classic
expect_exit 2 "$copycost" run --repeats 0
expect_said --repeats
expect_exit 2 "$copycost" run --duration 1
expect_said --duration
expect_exit 2 "$copycost" run "$scratch/absent.textproto"
expect_said absent.textproto "No such file"

printf 'name: "x"\nmatrix {\n  message_bytes: "4K"\n  threads: "zero"\n}\n' >"$scratch/bad.textproto"
expect_exit 2 "$copycost" run "$scratch/bad.textproto"
expect_said bad.textproto:4:3 threads
printf 'name: "x"\nmatrix {\n  sizes: "4K"\n}\n' >"$scratch/unknown.textproto"
expect_exit 2 "$copycost" run "$scratch/unknown.textproto"
expect_said unknown.textproto:3: sizes

mkdir "$scratch/full"
touch "$scratch/full/file"
expect_exit 2 "$copycost" run $short -o "$scratch/full"
expect_said --out "not empty"
expect_exit 2 "$copycost" run $short -o "$scratch/full/file"
expect_said --out "no directory"

expect_exit 3 "$copycost" run $short --agent-binary /no/such/agent -o "$scratch/a"
expect_said --agent-binary
expect_exit 3 "$copycost" run $short --agent-binary /bin/false -o "$scratch/a"
expect_said agent
expect_exit 1 "$copycost" run $short --congestion no-such-cc -o "$scratch/b"
expect_said no-such-cc tcp_allowed_congestion_control

# A second run on the host is told who measures; both with --share-host run.
"$copycost" run --send two-copy --sizes 4K --repeats 200 -o "$scratch/long" >/dev/null 2>&1 </dev/null &
long=$!
until [ -e "$scratch/long/results.db" ]; do
  kill -0 "$long" || fail "the long run ended"
  sleep 0.05
done
expect_exit 3 "$copycost" run $short -o "$scratch/second"
expect_said "measured already" "process $long" --share-host
[ ! -e "$scratch/second" ] || fail "the refused run left a directory"
expect_measured "$scratch/second" "$copycost" run --send two-copy --sizes 4K --repeats 3 --share-host

# Ctrl-C keeps what was measured, and says where it is.
kill -INT "$long"
code=0
wait "$long" || code=$?
[ "$code" = 130 ] || fail "exit $code after SIGINT"
column "$scratch/long/results.csv" outcome | grep -qx ok || fail "nothing kept after SIGINT"
"$copycost" run --send two-copy --sizes 4K --repeats 200 -o "$scratch/term" >/dev/null 2>&1 </dev/null &
long=$!
until [ -e "$scratch/term/results.db" ]; do sleep 0.05; done
kill -TERM "$long"
code=0
wait "$long" || code=$?
[ "$code" = 143 ] || fail "exit $code after SIGTERM"

# Locked memory too small for a zero-copy cell: named mode refused, the preset's skipped with reason.
if [ "$(id -u)" = 0 ]; then
  mkdir -m 777 "$scratch/nobody"
  cd "$scratch/nobody"
  limited() { (ulimit -l 32 && rootless "$@"); }
  expect_exit 3 limited "$copycost" run --send zero-copy --sizes 64K --repeats 1 -o "$scratch/nobody/a"
  expect_said "ulimit -l"
  expect_measured "$scratch/nobody/b" limited "$copycost" run --sizes 64K --repeats 3
  grep -q "ulimit -l" "$scratch/out" || fail "the skipped cell gives no reason: $(cat "$scratch/out")"
fi

# JSON lines only, each one an object.
expect_measured "$scratch/json" "$copycost" run $short --repeats 5 --json
grep -vq '^{.*}$' "$scratch/out" && fail "not JSON lines: $(cat "$scratch/out")"
grep -q '"type":"run"' "$scratch/out" || fail "no run line"

# A reader who has seen enough ends the run; what was measured is kept.
{ "$copycost" run $short --repeats 50 --json -o "$scratch/head" 2>"$scratch/err" </dev/null ||
  echo $? >"$scratch/code"; } | head -1 >/dev/null
[ "$(cat "$scratch/code")" = 4 ] || fail "exit $(cat "$scratch/code") behind head"
expect_said stdout
column "$scratch/head/results.csv" outcome | grep -qx ok || fail "nothing kept behind head"

# Closed standard streams: nothing else gets their numbers. Without stdout there is nobody to tell the
# results to; without stderr there is, and they are all there.
code=0
"$copycost" run $short --repeats 1 -o "$scratch/no-stdout" >&- 2>"$scratch/err" </dev/null || code=$?
[ "$code" = 4 ] || fail "exit $code without stdout: $(cat "$scratch/err")"
expect_said "write to stdout"
code=0
"$copycost" run $short --repeats 3 -o "$scratch/no-stderr" >"$scratch/out" 2>&- </dev/null || code=$?
[ "$code" -le 1 ] || fail "exit $code without stderr"
column "$scratch/no-stderr/results.csv" outcome | grep -qx ok || fail "nothing measured without stderr"

# An agent that dies ends the run, and is the one that is named.
"$copycost" run $short --repeats 200 -o "$scratch/dead" >/dev/null 2>"$scratch/err" </dev/null &
run=$!
until [ -e "$scratch/dead/results.db" ]; do sleep 0.05; done
kill -9 "$(pgrep -of "^$scratch/bin/copycost-agent")"
code=0
wait "$run" || code=$?
[ "$code" = 4 ] || fail "exit $code after the sender's death: $(cat "$scratch/err")"
expect_said "sender"
