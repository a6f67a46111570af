#include "coordinator/record/loss.h"

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/record/ends.h"

namespace copycost::record {

absl::StatusOr<double> Retransmits(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto parts, PartsOf(trial, Side::kSending));
  double segments = 0;
  for (const Part& part : parts) {
    if (!part.end->has_retransmitted_segments()) {
      return Absent(absl::StrCat(Label(trial.workload().transport()), " sends no segments"));
    }
    segments += static_cast<double>(part.end->retransmitted_segments());
  }
  return segments;
}

absl::StatusOr<double> LostShare(const v1::TrialRecord& trial) {
  if (!IsDatagrams(trial.workload().transport())) {
    return Absent(absl::StrCat(Label(trial.workload().transport()), " loses nothing"));
  }
  ASSIGN_OR_RETURN(const auto sent, PartsOf(trial, Side::kSending));
  ASSIGN_OR_RETURN(const auto taken, PartsOf(trial, Side::kReceiving));
  double accepted = 0, delivered = 0;
  for (const Part& part : sent) accepted += static_cast<double>(part.total_bytes);
  for (const Part& part : taken) delivered += static_cast<double>(part.total_bytes);
  if (accepted == 0) return Absent("no byte was accepted");
  return 1 - delivered / accepted;
}

}  // namespace copycost::record
