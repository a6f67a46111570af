#include "coordinator/record/tcp.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/record/ends.h"

namespace copycost::record {
namespace {

// At least one.
absl::StatusOr<std::vector<const v1::FlowResult*>> SendingEndsOf(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto parts, PartsOf(trial, Side::kSending));
  std::vector<const v1::FlowResult*> ends;
  for (const Part& part : parts) {
    RETURN_IF_ERROR(WindowOf(*part.end).status());
    if (!part.end->has_tcp_opened() || !part.end->has_tcp_closed()) {
      return Absent(absl::StrCat(Label(trial.workload().transport()), " is no TCP"));
    }
    ends.push_back(part.end);
  }
  return ends;
}

using Duration = int64_t (v1::TcpReading::*)() const;

absl::StatusOr<double> ShareOf(const v1::TrialRecord& trial, Duration duration) {
  ASSIGN_OR_RETURN(const auto ends, SendingEndsOf(trial));
  double spent_ns = 0, all_ns = 0;
  for (const v1::FlowResult* end : ends) {
    const v1::TcpReading& opened = end->tcp_opened();
    const v1::TcpReading& closed = end->tcp_closed();
    spent_ns += static_cast<double>((closed.*duration)() - (opened.*duration)());
    all_ns += static_cast<double>(closed.at_ns() - opened.at_ns());
  }
  if (all_ns <= 0) return Absent("no time passed between two readings of TCP_INFO");
  return std::min(spent_ns / all_ns, 1.0);  // jiffies are whole, the time between is not
}

template <typename Figure>
absl::StatusOr<double> MeanWhenClosed(const v1::TrialRecord& trial, Figure figure) {
  ASSIGN_OR_RETURN(const auto ends, SendingEndsOf(trial));
  double sum = 0;
  for (const v1::FlowResult* end : ends) sum += figure(end->tcp_closed());
  return sum / static_cast<double>(ends.size());
}

}  // namespace

absl::StatusOr<double> TcpBusyShare(const v1::TrialRecord& trial) {
  return ShareOf(trial, &v1::TcpReading::busy_ns);
}

absl::StatusOr<double> ReceiveWindowLimitedShare(const v1::TrialRecord& trial) {
  return ShareOf(trial, &v1::TcpReading::receive_window_limited_ns);
}

absl::StatusOr<double> SendBufferLimitedShare(const v1::TrialRecord& trial) {
  return ShareOf(trial, &v1::TcpReading::send_buffer_limited_ns);
}

absl::StatusOr<double> RttUs(const v1::TrialRecord& trial) {
  return MeanWhenClosed(trial, [](const v1::TcpReading& tcp) -> double { return tcp.rtt_us(); });
}

absl::StatusOr<double> CongestionWindowBytes(const v1::TrialRecord& trial) {
  return MeanWhenClosed(trial, [](const v1::TcpReading& tcp) {
    return static_cast<double>(tcp.congestion_window_segments()) * tcp.mss_bytes();
  });
}

absl::StatusOr<double> SendBufferBytes(const v1::TrialRecord& trial) {
  return MeanWhenClosed(
      trial, [](const v1::TcpReading& tcp) -> double { return tcp.send_buffer_bytes(); });
}

absl::StatusOr<double> ResentShare(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto ends, SendingEndsOf(trial));
  double sent = 0, again = 0;
  for (const v1::FlowResult* end : ends) {
    sent += static_cast<double>(end->tcp_closed().sent_segments()) -
            static_cast<double>(end->tcp_opened().sent_segments());
    again += static_cast<double>(end->tcp_closed().retransmitted_segments()) -
             static_cast<double>(end->tcp_opened().retransmitted_segments());
  }
  if (sent <= 0) return Absent("no segment was sent in the window");
  return again / sent;
}

}  // namespace copycost::record
