#!/usr/bin/env bash
# Every check of the project: format, lint, lock annotations, sanitizers, tests. What CI runs.
#
#   tests/run.sh          all of it
#   tests/run.sh --quick  the release build and its tests
#
# Installs what is missing, builds in build/. A stage's output is in build/logs/, and shown when it
# fails; later stages still run. The release tests come last.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
jobs=$(nproc)
logs=$root/build/logs
failed=()
export CCACHE_BASEDIR=$root CMAKE_BUILD_PARALLEL_LEVEL=$jobs
export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1

# Runs a stage: its name, and a function. One line when it is over.
stage() {
  local log=$logs/$1.log start=$SECONDS result=ok
  # Not `if "$2"`: there, set -e would not stop the stage at its first failing command.
  set +e
  (set -e; "$2") > "$log" 2>&1 < /dev/null
  [ $? -eq 0 ] || result=FAILED
  set -e
  echo "run.sh: $1: $result, $((SECONDS - start)) s"
  [ $result = FAILED ] || return 0
  failed+=("$1")
  tail -n 300 "$log"
}

build() {  # PRESET
  cmake --preset "$1" --log-level=WARNING
  cmake --build "build/$1" -- -k 20
}

# One test at a time: runs measure, and on a host there is one run at a time.
run_tests() {  # PRESET [CTEST-OPTION...]
  ctest --test-dir "build/$1" --output-on-failure --no-tests=error --timeout 300 "${@:2}"
}

packages() { deploy/install-deps.sh --build --tests; }

format() {
  git -c safe.directory='*' ls-files -z -- '*.cc' '*.h' | xargs -0 clang-format-14 --dry-run -Werror
}

# The project's own sources, several at a time as the thread-safety build compiles them (what they include
# is checked by the release build, which takes them one by one): clang-tidy reports what that
# compiler warns of (lock annotations among it), so that only the messages need to be generated.
clang_checks() {
  cmake --preset thread-safety --log-level=WARNING
  cmake --build build/thread-safety --target copycost_proto copycost_proto_grpc
  sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' build/thread-safety/compile_commands.json \
    | grep "^$root/" | grep -v "^$root/build/thread-safety/proto/" | sort -u > "$logs/tidy.files"
  [ -s "$logs/tidy.files" ]
  xargs -P "$jobs" -n 1 clang-tidy-14 -p build/thread-safety --quiet < "$logs/tidy.files"
}

# Without the test that traces: LeakSanitizer cannot work in a traced process. And without those that
# mostly wait for what was broken to be found: they end their processes before a leak could be told.
asan_ubsan() {
  build asan-ubsan
  run_tests asan-ubsan -E 'integration_(bottleneck|ledger|strace|faults|kill|two_hosts)'
}

# Without address randomisation: with much of it, TSan cannot place its shadow memory.
tsan() {
  local fixed=()
  ! setarch "$(uname -m)" -R true 2> /dev/null || fixed=(setarch "$(uname -m)" -R)
  cmake --preset tsan --log-level=WARNING
  "${fixed[@]}" cmake --build build/tsan --target copycost_unit_tests
  "${fixed[@]}" build/tsan/bin/copycost_unit_tests --gtest_brief=1
}

release() { build release; }

quick=false
case ${1:-} in
  '') ;;
  --quick) quick=true ;;
  *) sed -n '2,8p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

mkdir -p "$logs"
stage packages packages
if ! $quick; then
  stage format format
  stage clang-checks clang_checks
  stage asan-ubsan asan_ubsan
  stage tsan tsan
fi
stage release-build release
case " ${failed[*]} " in *" release-build "*) echo "run.sh: failed: ${failed[*]}" >&2; exit 1 ;; esac

echo "run.sh: release-tests, after $SECONDS s; ctest tells how long they take"
run_tests release < /dev/null || failed+=(release-tests)
[ ${#failed[@]} -eq 0 ] || { echo "run.sh: failed: ${failed[*]}" >&2; exit 1; }
