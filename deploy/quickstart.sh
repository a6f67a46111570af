#!/usr/bin/env bash
# From a fresh clone to a first table: installs what is missing, builds copycost, runs it.
#
#   deploy/quickstart.sh                      the default experiment, under a minute of measuring
#   deploy/quickstart.sh classic --repeats 6  whatever `copycost run` takes
#
# Results go to copycost-runs/ in the current directory. Ends with copycost's exit code; stdout is
# copycost's alone.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release

step() { echo "quickstart: $*" >&2; }

step "looking for packages"
"$root/deploy/install-deps.sh" --build < /dev/null >&2
step "configuring $build"
cmake -S "$root" --preset release --log-level=WARNING < /dev/null >&2
step "building copycost and copycost-agent"
cmake --build "$build" --parallel "$(nproc)" --target copycost copycost-agent < /dev/null >&2
step "copycost run $*"
exec "$build/bin/copycost" run "$@"
