#include "tests/bench/bare_side.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "agent/measure/host_cpu.h"
#include "common/clock.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/fleet/namespace_helper.h"
#include "tests/bench/child_process.h"

namespace copycost::bench {
namespace {

constexpr absl::Duration kSetUpLimit = absl::Seconds(5);
// For both ends to hear when to start.
constexpr absl::Duration kStartLead = absl::Milliseconds(5);
// The sender goes on a little after the window, as the product's does.
constexpr absl::Duration kTail = absl::Milliseconds(5);
// Less than of the product, whose windows have another reader where a data thread waits for its
// CPU.
constexpr double kLeastOverlap = 0.95;

struct Ends {
  ChildProcess sender;
  ChildProcess receiver;
};

// What an end prints when it is over.
struct Figures {
  int64_t opened_ns;
  int64_t closed_ns;
  int64_t bytes;
  int64_t cpu_ns;
  int64_t total_bytes;

  double window_ns() const { return static_cast<double>(closed_ns - opened_ns); }
};

absl::Status Expect(ChildProcess& end, absl::string_view word, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::string line, end.ReadLine(deadline));
  if (line == word) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the bare loop said '", line, "', not '", word, "'"));
}

absl::StatusOr<std::string> PortOf(ChildProcess& receiver, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::string line, receiver.ReadLine(deadline));
  absl::string_view port = line;
  if (absl::ConsumePrefix(&port, "listening ")) return std::string(port);
  return absl::InternalError(absl::StrCat("the bare loop said '", line, "', not its port"));
}

absl::StatusOr<Ends> Connect(const std::string& binary, const Places& places,
                             const v1::Workload& workload) {
  const absl::Time deadline = MonotonicTime() + kSetUpLimit;
  const std::string congestion = absl::StrCat("congestion=", workload.congestion());
  const std::string size = absl::StrCat("size=", workload.message_bytes());
  const std::string fields = absl::StrCat("fields=", workload.fields());
  ASSIGN_OR_RETURN(
      ChildProcess receiver,
      ChildProcess::Start({.arguments = {binary, "role=receive", congestion, size, fields,
                                         absl::StrCat("address=", kReceiverAddressV4),
                                         absl::StrCat("mode=", Label(workload.receive_mode()))},
                           .network_of = places.receiver.network_of,
                           .cpu = places.receiver.cpu}));
  ASSIGN_OR_RETURN(const std::string port, PortOf(receiver, deadline));
  ASSIGN_OR_RETURN(
      ChildProcess sender,
      ChildProcess::Start(
          {.arguments = {binary, "role=send", congestion, size,
                         absl::StrCat("address=", kSenderAddressV4),
                         absl::StrCat("peer=", kReceiverAddressV4), absl::StrCat("port=", port),
                         absl::StrCat("mode=", Label(workload.send_mode())), fields,
                         absl::StrCat("ring=", workload.ring_depth())},
           .network_of = places.sender.network_of,
           .cpu = places.sender.cpu}));
  RETURN_IF_ERROR(Expect(receiver, "ready", deadline));
  RETURN_IF_ERROR(Expect(sender, "ready", deadline));
  return Ends{.sender = std::move(sender), .receiver = std::move(receiver)};
}

// Tells both ends when, and reads the host's CPU time where the window opens and closes.
absl::StatusOr<v1::HostCpu> Measure(Ends& ends, const v1::Workload& workload) {
  const absl::Time start = MonotonicTime() + kStartLead;
  const absl::Time open = start + absl::Nanoseconds(workload.warmup_ns());
  const absl::Time close = open + absl::Nanoseconds(workload.window_ns());
  const std::string instants =
      absl::StrFormat("%d %d %d %d\n", absl::ToUnixNanos(start), absl::ToUnixNanos(open),
                      absl::ToUnixNanos(close), absl::ToUnixNanos(close + kTail));
  RETURN_IF_ERROR(ends.receiver.Write(instants));
  RETURN_IF_ERROR(ends.sender.Write(instants));
  absl::SleepFor(open - MonotonicTime());
  ASSIGN_OR_RETURN(const HostCpuReading opened, ReadHostCpu());
  absl::SleepFor(close - MonotonicTime());
  ASSIGN_OR_RETURN(const HostCpuReading closed, ReadHostCpu());
  return Difference(opened, closed);
}

absl::StatusOr<Figures> FiguresOf(ChildProcess& end) {
  ASSIGN_OR_RETURN(const std::string text, end.Finish(MonotonicTime() + kSetUpLimit));
  const std::map<std::string, std::string> words =
      absl::StrSplit(absl::StripSuffix(text, "\n"), absl::ByAnyChar(" ="));
  Figures figures{};
  const std::pair<const char*, int64_t*> kFields[] = {{"opened_ns", &figures.opened_ns},
                                                      {"closed_ns", &figures.closed_ns},
                                                      {"bytes", &figures.bytes},
                                                      {"cpu_ns", &figures.cpu_ns},
                                                      {"total_bytes", &figures.total_bytes}};
  for (const auto& [name, value] : kFields) {
    const auto word = words.find(name);
    if (word == words.end() || !absl::SimpleAtoi(word->second, value)) {
      return absl::InternalError(absl::StrCat("the bare loop did not tell ", name, ": ", text));
    }
  }
  return figures;
}

EndFigures EndFiguresOf(const Figures& figures) {
  return {.window_ns = figures.window_ns(),
          .bytes = static_cast<double>(figures.bytes),
          .cpu_ns = static_cast<double>(figures.cpu_ns)};
}

absl::Status Check(const Figures& sent, const Figures& taken) {
  if (sent.total_bytes != taken.total_bytes) {
    return absl::InternalError(absl::StrCat("the bare loop sent ", sent.total_bytes,
                                            " bytes and took ", taken.total_bytes));
  }
  const auto overlap = static_cast<double>(std::min(sent.closed_ns, taken.closed_ns) -
                                           std::max(sent.opened_ns, taken.opened_ns));
  if (overlap < kLeastOverlap * std::max(sent.window_ns(), taken.window_ns())) {
    return absl::DataLossError("the windows of the bare loop's ends overlap by under 95 %");
  }
  if (taken.bytes == 0) return absl::DataLossError("the bare loop took nothing in its window");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Observation> RunBareStream(const std::string& binary, const Places& places,
                                          const v1::Workload& workload) {
  ASSIGN_OR_RETURN(Ends ends, Connect(binary, places, workload));
  ASSIGN_OR_RETURN(const v1::HostCpu host, Measure(ends, workload));
  ASSIGN_OR_RETURN(const Figures sent, FiguresOf(ends.sender));
  ASSIGN_OR_RETURN(const Figures taken, FiguresOf(ends.receiver));
  RETURN_IF_ERROR(Check(sent, taken));
  Observation observation = ObservationOf(EndFiguresOf(sent), EndFiguresOf(taken));
  // The readings are beside the window: brought to its length.
  observation.host_cpu_ns_per_byte = static_cast<double>(host.busy_ns()) * taken.window_ns() /
                                     static_cast<double>(host.interval_ns()) /
                                     static_cast<double>(taken.bytes);
  return observation;
}

}  // namespace copycost::bench
