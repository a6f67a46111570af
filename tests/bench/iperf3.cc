#include "tests/bench/iperf3.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status.h"
#include "coordinator/fleet/namespace_helper.h"
#include "tests/bench/peer_exchange.h"

namespace copycost::bench {
namespace {

using ::google::protobuf::Struct;
using ::google::protobuf::Value;

constexpr uint16_t kPort = 5201;

// Null where there is none of this name.
const Value* Member(const Struct& object, const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? nullptr : &found->second;
}

absl::StatusOr<Struct> ParseReport(const std::string& text) {
  Struct report;
  if (!google::protobuf::util::JsonStringToMessage(text, &report).ok()) {
    return absl::InternalError(absl::StrCat("iperf3 printed no JSON: ", text.substr(0, 200)));
  }
  if (const Value* error = Member(report, "error")) {
    return absl::InternalError(absl::StrCat("iperf3: ", error->string_value()));
  }
  return report;
}

absl::StatusOr<Observation> ObservationOf(const Struct& report, const std::string& congestion) {
  const Value* end = Member(report, "end");
  const Value* received = end ? Member(end->struct_value(), "sum_received") : nullptr;
  const Value* rate = received ? Member(received->struct_value(), "bits_per_second") : nullptr;
  const Value* applied = end ? Member(end->struct_value(), "sender_tcp_congestion") : nullptr;
  if (rate == nullptr || applied == nullptr) {
    return absl::InternalError(
        "iperf3's report has no end.sum_received.bits_per_second or end.sender_tcp_congestion");
  }
  if (applied->string_value() != congestion) {
    return absl::InternalError(absl::StrCat("iperf3 was asked for congestion control ", congestion,
                                            " and had ", applied->string_value()));
  }
  return Observation{.goodput_gbps = rate->number_value() / 1e9};
}

std::vector<std::string> ClientArguments(const std::string& binary, const v1::Workload& workload) {
  return {binary,
          "--client",
          kReceiverAddressV4,
          "--bind",
          kSenderAddressV4,
          "--port",
          absl::StrCat(kPort),
          "--length",
          absl::StrCat(workload.message_bytes()),
          "--time",
          absl::StrCat(absl::ToInt64Seconds(absl::Nanoseconds(workload.window_ns()))),
          "--omit",
          absl::StrCat(absl::ToInt64Seconds(absl::Nanoseconds(workload.warmup_ns()))),
          "--congestion",
          workload.congestion(),
          "--json"};
}

}  // namespace

absl::StatusOr<Observation> RunIperf3(const std::string& binary, const Places& places,
                                      const v1::Workload& workload) {
  const PeerExchange exchange = {
      .server_arguments = {binary, "--server", "--one-off", "--bind", kReceiverAddressV4, "--port",
                           absl::StrCat(kPort), "--json"},
      .client_arguments = ClientArguments(binary, workload),
      .port = kPort,
      .traffic = absl::Nanoseconds(workload.warmup_ns() + workload.window_ns())};
  ASSIGN_OR_RETURN(const std::string text, RunPeer(exchange, places));
  ASSIGN_OR_RETURN(const Struct report, ParseReport(text));
  return ObservationOf(report, workload.congestion());
}

}  // namespace copycost::bench
