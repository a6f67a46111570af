#include "tests/bench/nuttcp.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/status.h"
#include "coordinator/fleet/namespace_helper.h"
#include "tests/bench/peer_exchange.h"

namespace copycost::bench {
namespace {

constexpr uint16_t kControlPort = 5000;

// What was received from the beginning to a report. The time is told in hundredths of a second, the
// rate more finely: it gives the time.
struct Received {
  double megabytes = 0;  // of 2^20 bytes
  double megabits_per_s = 0;

  double bits() const { return megabytes * 8 * 1048576; }
  double seconds() const { return bits() / (megabits_per_s * 1e6); }
};

// "megabytes=326.8750 real_sec=0.50 rate_Mbps=5483.6138 retrans=0"
absl::StatusOr<Received> ParseReport(absl::string_view line) {
  Received received;
  int found = 0;
  for (absl::string_view word : absl::StrSplit(line, ' ', absl::SkipEmpty())) {
    if (absl::ConsumePrefix(&word, "megabytes=")) {
      found += absl::SimpleAtod(word, &received.megabytes);
    } else if (absl::ConsumePrefix(&word, "rate_Mbps=")) {
      found += absl::SimpleAtod(word, &received.megabits_per_s);
    }
  }
  if (found == 2 && received.megabits_per_s > 0) return received;
  return absl::InternalError(absl::StrCat("not a report of nuttcp: '", line, "'"));
}

// The whole, which is the last report, without the first interval.
absl::StatusOr<Observation> WithoutWarmup(const std::string& text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  if (lines.size() < 2) {
    return absl::InternalError(absl::StrCat("nuttcp told no interval: ", text));
  }
  ASSIGN_OR_RETURN(const Received warmup, ParseReport(lines.front()));
  ASSIGN_OR_RETURN(const Received whole, ParseReport(lines.back()));
  const double seconds = whole.seconds() - warmup.seconds();
  if (seconds <= 0) return absl::InternalError("nuttcp's first interval is all it had");
  return Observation{.goodput_gbps = (whole.bits() - warmup.bits()) / seconds / 1e9};
}

int64_t Seconds(int64_t ns) { return absl::ToInt64Seconds(absl::Nanoseconds(ns)); }

}  // namespace

absl::StatusOr<Observation> RunNuttcp(const std::string& binary, const Places& places,
                                      const v1::Workload& workload) {
  const int64_t traffic_ns = workload.warmup_ns() + workload.window_ns();
  const PeerExchange exchange = {
      .server_arguments = {binary, "-1", "--nofork", absl::StrCat("-P", kControlPort)},
      .client_arguments = {binary, "-t", absl::StrCat("-P", kControlPort),
                           absl::StrCat("-l", workload.message_bytes()),
                           absl::StrCat("-T", Seconds(traffic_ns)),
                           absl::StrCat("-i", Seconds(workload.warmup_ns())), "-fparse",
                           kReceiverAddressV4},
      .port = kControlPort,
      .traffic = absl::Nanoseconds(traffic_ns)};
  ASSIGN_OR_RETURN(const std::string text, RunPeer(exchange, places));
  return WithoutWarmup(text);
}

}  // namespace copycost::bench
