// What a message costs on the user's side: the product's stream pattern and modes against a bare
// loop, both on a socket that costs nothing (null_socket.h). docs/performance.md tells more.
//
//   copycost_bench_per_message [--limit-ns=30] [--benchmark_repetitions=40] ...
//
// Flags of Google Benchmark do what they do elsewhere; repetitions are interleaved at random unless
// they say otherwise. Exit codes: 0 every case is within the limit; 1 one is not; 2 bad input, with
// too few repetitions among it; 4 a loop failed.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/log.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/output.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/experiment/ring_depth.h"
#include "tests/bench/bare_messages.h"
#include "tests/bench/message_costs.h"
#include "tests/bench/null_socket.h"
#include "tests/bench/product_messages.h"

namespace copycost::bench {
namespace {

constexpr uint64_t kMessages = 4096;  // in each iteration
constexpr uint32_t kFields = 8;
constexpr uint64_t kSizes[] = {1 << 10, 64 << 10};
constexpr int kExitMore = 1;

// With the ring that a trial has.
MessageShape ShapeOf(v1::SendMode mode, uint64_t bytes) {
  v1::Workload workload;
  workload.set_send_mode(mode);
  workload.set_message_bytes(bytes);
  workload.set_threads(1);
  workload.set_flows_per_thread(1);
  return {
      .bytes = bytes, .fields = kFields, .ring_depth = ResolveRingDepth(workload, std::nullopt)};
}

void Fail(benchmark::State& state, const absl::Status& status) {
  state.SkipWithError(std::string(status.message()).c_str());
}

void ProductSends(benchmark::State& state, v1::SendMode mode, uint64_t bytes) {
  ResetNullSocket(0);
  const auto sender = ProductSender::Create(mode, ShapeOf(mode, bytes));
  if (!sender.ok()) return Fail(state, sender.status());
  for (auto iteration : state) {
    const absl::Status sent = (*sender)->Send(kMessages);
    if (!sent.ok()) return Fail(state, sent);
  }
}

void ProductReceives(benchmark::State& state, uint64_t bytes) {
  const auto receiver = ProductReceiver::Create(v1::RECEIVE_MODE_RECV,
                                                {.bytes = bytes, .fields = 1, .ring_depth = 0});
  if (!receiver.ok()) return Fail(state, receiver.status());
  for (auto iteration : state) {
    ResetNullSocket(kMessages);
    const absl::Status received = (*receiver)->Receive();
    if (!received.ok()) return Fail(state, received);
  }
}

absl::StatusOr<MessageBuffers> Buffers(uint32_t count, const MessageShape& shape) {
  return MessageBuffers::Create(count, shape.bytes, shape.fields);
}

void BareTwoCopy(benchmark::State& state, const MessageShape& shape) {
  // In the order of the product's mode: what is allocated alike mostly lies alike.
  const auto source = Buffers(1, shape);
  const auto staging = MessageBuffers::Create(1, shape.bytes, 1);
  if (!source.ok()) return Fail(state, source.status());
  if (!staging.ok()) return Fail(state, staging.status());
  for (auto iteration : state) SendTwoCopy(kNullSocket, *source, *staging, kMessages);
}

void BareOneCopy(benchmark::State& state, const MessageShape& shape) {
  const auto source = Buffers(1, shape);
  if (!source.ok()) return Fail(state, source.status());
  for (auto iteration : state) SendOneCopy(kNullSocket, *source, kMessages);
}

void BareZeroCopies(benchmark::State& state, const MessageShape& shape) {
  const auto ring = Buffers(shape.ring_depth, shape);
  if (!ring.ok()) return Fail(state, ring.status());
  BareZeroCopy sender(kNullSocket, *ring);
  for (auto iteration : state) sender.Send(kMessages);
}

void BareSends(benchmark::State& state, v1::SendMode mode, uint64_t bytes) {
  ResetNullSocket(0);
  const MessageShape shape = ShapeOf(mode, bytes);
  switch (mode) {
    case v1::SEND_MODE_TWO_COPY:
      return BareTwoCopy(state, shape);
    case v1::SEND_MODE_ONE_COPY:
      return BareOneCopy(state, shape);
    case v1::SEND_MODE_ZERO_COPY:
      return BareZeroCopies(state, shape);
    default:
      state.SkipWithError("there is no bare loop for this mode");
  }
}

void BareReceives(benchmark::State& state, uint64_t bytes) {
  const auto buffer = MessageBuffers::Create(1, bytes, 1);
  if (!buffer.ok()) return Fail(state, buffer.status());
  for (auto iteration : state) {
    ResetNullSocket(kMessages);
    benchmark::DoNotOptimize(Receive(kNullSocket, buffer->Fields(0)[0], kMessages));
  }
}

void RegisterCases() {
  for (const uint64_t bytes : kSizes) {
    const auto name = [bytes](const char* side, absl::string_view mode) {
      return absl::StrCat(side, mode, "/", FormatBytes(bytes));
    };
    for (const v1::SendMode mode :
         {v1::SEND_MODE_TWO_COPY, v1::SEND_MODE_ONE_COPY, v1::SEND_MODE_ZERO_COPY}) {
      const std::string label = Label(mode);
      benchmark::RegisterBenchmark(name(kProductPrefix, label).c_str(), ProductSends, mode, bytes);
      benchmark::RegisterBenchmark(name(kBarePrefix, label).c_str(), BareSends, mode, bytes);
    }
    benchmark::RegisterBenchmark(name(kProductPrefix, "recv").c_str(), ProductReceives, bytes);
    benchmark::RegisterBenchmark(name(kBarePrefix, "recv").c_str(), BareReceives, bytes);
  }
}

// Our own flag, taken out of the arguments; the others are Google Benchmark's, after its defaults
// here.
struct CommandLine {
  double limit_ns = 30;
  std::vector<std::string> arguments;
};

absl::StatusOr<CommandLine> ParseCommandLine(int argc, char** argv) {
  CommandLine line;
  line.arguments = {argv[0], "--benchmark_enable_random_interleaving=true",
                    "--benchmark_repetitions=40", "--benchmark_min_time=0.02"};
  for (int i = 1; i < argc; ++i) {
    absl::string_view value = argv[i];
    if (!absl::ConsumePrefix(&value, "--limit-ns=")) {
      line.arguments.emplace_back(argv[i]);
    } else if (!absl::SimpleAtod(value, &line.limit_ns)) {
      return absl::InvalidArgumentError(absl::StrCat("--limit-ns: '", value, "' is no number"));
    }
  }
  return line;
}

// False for arguments that it does not know; those are told.
bool InitializeBenchmark(std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  benchmark::Initialize(&count, pointers.data());
  return !benchmark::ReportUnrecognizedArguments(count, pointers.data());
}

int Fail(const absl::Status& status) {
  Log(status.message());
  return absl::IsInternal(status) ? kExitFault : kExitBadInput;
}

int Main(int argc, char** argv) {
  SetLogName("copycost_bench_per_message");
  absl::StatusOr<CommandLine> line = ParseCommandLine(argc, argv);
  if (!line.ok()) return Fail(line.status());
  RegisterCases();
  if (!InitializeBenchmark(line->arguments)) return kExitBadInput;
  MessageCosts costs(kMessages);
  benchmark::RunSpecifiedBenchmarks(&costs);
  const auto told = costs.Costs();
  if (!told.ok()) return Fail(told.status());
  const std::string table = MessageCostTable(*told, line->limit_ns, WidthOf(STDOUT_FILENO));
  const absl::Status written = ResultStream(stdout).Write(table);
  if (!written.ok()) return Fail(written);
  for (const MessageCost& cost : *told) {
    if (!WithinLimit(cost, line->limit_ns)) return kExitMore;
  }
  return kExitDone;
}

}  // namespace
}  // namespace copycost::bench

int main(int argc, char** argv) { return copycost::bench::Main(argc, argv); }
