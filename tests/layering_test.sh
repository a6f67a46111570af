#!/usr/bin/env bash
# Fails when an include crosses a border between rooms, or brings a library where it is not wanted.
#
#   tests/layering_test.sh               plants violations in a scratch tree, then checks this one
#   tests/layering_test.sh --check DIR   checks the tree in DIR
set -euo pipefail
export LC_ALL=C

# Each room, and the rooms whose headers it may include beside its own. proto/ is for everyone.
rooms='
common
agent                   common
coordinator/record      common
coordinator/store       common coordinator/record
coordinator/analysis    common coordinator/record
coordinator/report      common coordinator/record coordinator/analysis
coordinator/experiment  common coordinator/record coordinator/analysis
coordinator/fleet       common
coordinator/drive       common coordinator/record coordinator/analysis coordinator/experiment coordinator/fleet
coordinator/cli         common coordinator/*
coordinator/main.cc     common coordinator/*
'

# A pattern of headers, and a pattern of the only files that may include them.
libraries='
^grpc(pp)?/|\.grpc\.pb\.h$|^common/rpc/  ^(agent/agent_service|coordinator/fleet/grpc_agent_client)\.cc$|^common/rpc/
^SQLiteCpp/|^sqlite3                     ^coordinator/store/
^CLI/                                    ^coordinator/cli/|^(coordinator|agent)/main\.cc$
^boost/                                  ^coordinator/analysis/
^netlink/                                ^coordinator/fleet/|^common/netlink\.h$|^agent/measure/link_counters\.cc$
^perfmon/                                ^agent/measure/perf_counters\.cc$
^elfutils/                               ^agent/measure/program_symbols\.cc$
'

# Prints each violation in the tree $1 as file:line: what. Fails if there is one, or nothing to check.
check() (
  cd "$1"
  find agent common coordinator -name '*.cc' -o -name '*.h' | sort > "$scratch/files"
  [ -s "$scratch/files" ] || { echo "no sources in $1"; exit 1; }
  rooms=$rooms libraries=$libraries xargs awk '
    BEGIN {
      lines = split(ENVIRON["rooms"], line, "\n")
      for (i = 1; i <= lines; i++) {
        n = split(line[i], word, " ")
        for (j = 1; j <= n; j++) allowed[word[1], word[j]] = 1
        if (n) known[word[1]] = 1
      }
      lines = split(ENVIRON["libraries"], line, "\n")
      for (i = 1; i <= lines; i++)
        if (split(line[i], word, " ") == 2) { header[++libraries] = word[1]; owner[libraries] = word[2] }
    }
    function room(path,  part) {
      split(path, part, "/")
      return part[1] == "coordinator" ? part[1] "/" part[2] : part[1]
    }
    function report(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; bad = 1 }
    FNR == 1 && !(room(FILENAME) in known) { report("room " room(FILENAME) " is not in tests/layering_test.sh") }
    /^[ \t]*#[ \t]*include/ {
      path = $0
      if (!sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", path) || !sub(/[">].*/, "", path)) {
        report("an include that names no file")
        next
      }
      from = room(FILENAME)
      to = room(path)
      if (to ~ /^(agent|common|coordinator|tests|proto)(\/|$)/) {
        if (from != to && !((from, to) in allowed) &&
            !(to ~ /^coordinator\// && (from, "coordinator/*") in allowed))
          report(from " may not include " path)
      } else if ($0 ~ /include[ \t]*"/ && path !~ /^(absl|copycost)\//) {
        report(path " is not named from the root of the project")
      }
      for (i = 1; i <= libraries; i++)
        if (path ~ header[i] && FILENAME !~ owner[i]) report(path " may not be included here")
    }
    END { exit bad }' < "$scratch/files"
)

# Whether a tree whose only file is $1, with the include $2, passes.
passes() {
  rm -rf "$scratch/tree"
  mkdir -p "$scratch"/tree/{agent,common,coordinator} "$scratch/tree/$(dirname "$1")"
  printf '// A planted file.\n#include %s\n' "$2" > "$scratch/tree/$1"
  check "$scratch/tree" > "$scratch/report" 2>&1
}

self_test() {
  local expected actual file include wrong=0
  while read -r expected file include; do
    [ -n "$file" ] || continue
    if passes "$file" "$include"; then actual=passes; else actual=caught; fi
    if [ $actual = caught ] && ! grep -q "^$file:[12]: " "$scratch/report"; then
      actual="caught without a place"
    fi
    [ "$actual" = "$expected" ] || { echo "self-test: $file with $include: $actual"; wrong=1; }
  done <<'END'
caught common/clock.cc             "agent/hold.h"
caught common/clock.cc             "coordinator/record/run.h"
caught agent/hold.cc               "coordinator/record/run.h"
caught agent/patterns/stream.cc    <coordinator/record/run.h>
caught coordinator/cli/run.cc      "agent/hold.h"
caught coordinator/main.cc         "agent/hold.h"
caught coordinator/record/run.h    "coordinator/analysis/cells.h"
caught coordinator/store/reader.cc "coordinator/analysis/cells.h"
caught coordinator/store/reader.cc "coordinator/report/csv.h"
caught coordinator/analysis/a.cc   "coordinator/store/reader.h"
caught coordinator/analysis/a.cc   "coordinator/report/csv.h"
caught coordinator/report/csv.cc   "coordinator/store/reader.h"
caught coordinator/report/web/w.cc "coordinator/drive/judge.h"
caught coordinator/experiment/e.cc "coordinator/store/reader.h"
caught coordinator/experiment/e.cc "coordinator/report/csv.h"
caught coordinator/experiment/e.cc "coordinator/drive/judge.h"
caught coordinator/experiment/e.cc "coordinator/fleet/inventory.h"
caught coordinator/fleet/veth.cc   "coordinator/record/run.h"
caught coordinator/fleet/veth.cc   "coordinator/experiment/plan.h"
caught coordinator/drive/judge.cc  "coordinator/store/writer.h"
caught coordinator/drive/judge.cc  "coordinator/report/csv.h"
caught coordinator/drive/judge.cc  "coordinator/cli/progress.h"
caught coordinator/cli/run.cc      "tests/testing/fake_clock.h"
caught coordinator/cli/run.cc      "progress.h"
caught coordinator/cli/run.cc      "../store/reader.h"
caught coordinator/cli/run.cc      HEADER
caught coordinator/attic/old.cc    <vector>
caught coordinator/drive/judge.cc  <grpcpp/grpcpp.h>
caught agent/trial_runner.cc       "copycost/v1/agent.grpc.pb.h"
caught agent/agent_service.h       <grpcpp/grpcpp.h>
caught agent/main.cc               <grpc/grpc.h>
caught agent/trial_runner.cc       "common/rpc/status.h"
caught coordinator/report/csv.cc   <sqlite3.h>
caught coordinator/report/csv.cc   <SQLiteCpp/SQLiteCpp.h>
caught coordinator/drive/judge.cc  <CLI/CLI.hpp>
caught agent/hold.cc               <CLI/CLI.hpp>
caught coordinator/drive/judge.cc  <boost/math/distributions/binomial.hpp>
caught agent/link/link.cc          <netlink/netlink.h>
caught agent/measure/profiler.cc   <perfmon/pfmlib.h>
caught agent/measure/profiler.cc   <elfutils/libdwfl.h>
passes common/rpc/status.cc        <grpcpp/grpcpp.h>
passes common/rpc/status.cc        "common/status.h"
passes agent/agent_service.cc      "copycost/v1/agent.grpc.pb.h"
passes agent/agent_service.cc      "common/rpc/status.h"
passes agent/main.cc               <CLI/CLI.hpp>
passes agent/hold.cc               "copycost/v1/agent.pb.h"
passes agent/hold.cc               "absl/time/time.h"
passes coordinator/fleet/grpc_agent_client.cc <grpcpp/grpcpp.h>
passes coordinator/fleet/veth.cc   <netlink/netlink.h>
passes agent/measure/link_counters.cc <netlink/netlink.h>
passes coordinator/store/writer.cc <sqlite3.h>
passes coordinator/analysis/a.cc   <boost/version.hpp>
passes coordinator/report/web/w.cc "coordinator/analysis/cells.h"
passes coordinator/experiment/e.cc "coordinator/analysis/cells.h"
passes coordinator/drive/judge.cc  "coordinator/fleet/inventory.h"
passes coordinator/cli/run.cc      "coordinator/store/writer.h"
passes coordinator/main.cc         "coordinator/cli/command.h"
END
  passes common/clock.cc '<vector>' || { echo "self-test: a clean tree is caught"; wrong=1; }
  rm "$scratch/tree/common/clock.cc"
  ! check "$scratch/tree" > "$scratch/report" || { echo "self-test: an empty tree passes"; wrong=1; }
  [ $wrong -eq 0 ]
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
case ${1:-} in
  --check) check "${2:?a directory}" ;;
  '')
    self_test
    check "$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
    echo "layering: $(wc -l < "$scratch/files") files, no include crosses a border"
    ;;
  *) sed -n '2,5p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
