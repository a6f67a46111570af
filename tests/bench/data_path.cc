// Does copycost's data path cost more than a bare loop, and is another program faster? Runs the
// product as it is, and the other program between the same two namespaces and on the same CPUs, in
// interleaved pairs. docs/performance.md tells how to read what it prints.
//
//   copycost_bench_data_path [--against bare|iperf3|nuttcp|product] [--pairs N] [--json] ...
//
// Exit codes: 0 every deciding bound is good; 1 one is not; 2 bad input; 3 it cannot run here; 4
// stopped by a fault.
#include <linux/capability.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capabilities.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/host_lock.h"
#include "coordinator/cli/output.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/fleet/namespace_topology.h"
#include "tests/bench/bare_side.h"
#include "tests/bench/comparison_text.h"
#include "tests/bench/conditions.h"
#include "tests/bench/data_path_options.h"
#include "tests/bench/pairs.h"
#include "tests/bench/product_side.h"

namespace copycost::bench {
namespace {

constexpr int kExitShort = 1;

absl::Status CheckPrivileges() {
  if (HasCapability(CAP_SYS_ADMIN) && HasCapability(CAP_NET_ADMIN)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "must be root: the other program enters the network namespaces of the product's agents "
      "(CAP_SYS_ADMIN, CAP_NET_ADMIN)");
}

absl::StatusOr<std::string> FindBareStream() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path));
  const std::string self(path, size > 0 ? static_cast<size_t>(size) : 0);
  std::string binary = self.substr(0, self.rfind('/')) + "/copycost_bench_bare_stream";
  if (::access(binary.c_str(), X_OK) == 0) return binary;
  return absl::NotFoundError(ErrnoStatus(binary).message());
}

using Run = absl::StatusOr<Observation> (*)(const std::string& binary, const Places& places,
                                            const v1::Workload& workload);

// A program to compare with.
struct Program {
  std::string binary;
  Run run;
};

absl::StatusOr<Program> FindProgram(const DataPathOptions& options) {
  Program program = {.binary = "", .run = RunBareStream};
  if (options.peer != nullptr) {
    program.run = options.peer->run;
    ASSIGN_OR_RETURN(program.binary, FindPeer(*options.peer));
  } else {
    ASSIGN_OR_RETURN(program.binary, FindBareStream());
  }
  return program;
}

Side ProductAsSide(ProductSide& product) {
  return [&product](const v1::Workload& workload) { return product.Run(workload); };
}

Side OtherSide(const DataPathOptions& options, const Program& program, ProductSide& product) {
  if (options.against == kAgainstProduct) return ProductAsSide(product);
  return [program, places = product.places()](const v1::Workload& workload) {
    return program.run(program.binary, places, workload);
  };
}

// Settles what the options left open.
absl::StatusOr<std::vector<Cell>> MakeCells(const DataPathOptions& options,
                                            const ProductSide& product) {
  std::vector<Cell> cells;
  for (const v1::Workload& asked : options.workloads) {
    v1::Workload workload = asked;
    workload.set_ring_depth(product.RingDepth(workload));
    if (options.peer != nullptr && !options.peer->sets_congestion) {
      ASSIGN_OR_RETURN(*workload.mutable_congestion(), DefaultCongestion(product.places()));
    }
    cells.push_back({.workload = std::move(workload), .pairs = {}});
  }
  return cells;
}

struct Bench {
  std::optional<HostLock> lock;
  std::unique_ptr<ProductSide> product;
  Side other;
  std::vector<Cell> cells;
};

// Everything that can be refused.
absl::StatusOr<Bench> SetUp(const DataPathOptions& options) {
  Bench bench;
  RETURN_IF_ERROR(CheckPrivileges());
  ASSIGN_OR_RETURN(const Program program, FindProgram(options));
  if (!options.share_host) {
    ASSIGN_OR_RETURN(bench.lock, HostLock::Take(absl::StrCat("a benchmark, process ", ::getpid())));
  }
  ASSIGN_OR_RETURN(bench.product, ProductSide::BringUp(options.agent_binary));
  if (options.mtu != 0) RETURN_IF_ERROR(SetMtu(bench.product->places(), options.mtu));
  if (options.receive_buffer != 0) {
    RETURN_IF_ERROR(FixReceiveBuffer(bench.product->places(), options.receive_buffer));
  }
  bench.other = OtherSide(options, program, *bench.product);
  ASSIGN_OR_RETURN(bench.cells, MakeCells(options, *bench.product));
  return bench;
}

absl::Status Measure(const DataPathOptions& options, Bench& bench) {
  Log(absl::StrCat(bench.cells.size(), " cells of ", options.pairs, " pairs of ", options.rounds,
                   options.rounds == 1 ? " round" : " rounds", ", seed ", options.seed));
  return RunPairs({.product = ProductAsSide(*bench.product),
                   .other = bench.other,
                   .pairs = options.pairs,
                   .rounds = options.rounds,
                   .seed = options.seed,
                   .tell = Log},
                  bench.cells);
}

absl::StatusOr<int> Tell(const DataPathOptions& options, std::vector<Cell> cells) {
  const ResultHeading heading = {
      .against = options.against,
      .criterion = options.criterion,
      .seed = options.seed,
      .receive_buffer = options.receive_buffer,
      .mtu = options.mtu,
      .not_equal = options.peer == nullptr ? "" : std::string(options.peer->not_equal)};
  std::vector<CellResult> results;
  int code = kExitDone;
  for (Cell& cell : cells) {
    ASSIGN_OR_RETURN(std::vector<Comparison> comparisons, Compare(cell.pairs, options.criterion));
    for (const Comparison& comparison : comparisons) {
      if (!comparison.good) code = kExitShort;
    }
    results.push_back({.cell = std::move(cell), .comparisons = std::move(comparisons)});
  }
  RETURN_IF_ERROR(ResultStream(stdout).Write(
      options.json ? ComparisonLines(heading, results)
                   : ComparisonTable(heading, results, WidthOf(STDOUT_FILENO))));
  return code;
}

int Fail(const absl::Status& status, int code) {
  Log(status.message());
  return code;
}

int Main(int argc, char** argv) {
  ReserveStandardDescriptors();
  ::setenv("GRPC_VERBOSITY", "NONE", 0);  // what it has to say, a Status says
  ::signal(SIGPIPE, SIG_IGN);
  SetLogName("copycost_bench_data_path");
  const absl::StatusOr<DataPathOptions> options = ParseDataPathOptions(argc, argv);
  if (!options.ok()) return Fail(options.status(), kExitBadInput);
  if (!options->answer.empty()) return PrintAnswer(options->answer);
  absl::StatusOr<Bench> bench = SetUp(*options);
  if (!bench.ok()) return Fail(bench.status(), ExitCodeOf(bench.status()));
  const absl::Status measured = Measure(*options, *bench);
  if (!measured.ok()) return Fail(measured, kExitFault);
  const absl::StatusOr<int> code = Tell(*options, std::move(bench->cells));
  return code.ok() ? *code : Fail(code.status(), kExitFault);
}

}  // namespace
}  // namespace copycost::bench

int main(int argc, char** argv) { return copycost::bench::Main(argc, argv); }
