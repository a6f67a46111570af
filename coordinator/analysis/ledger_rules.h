// Which function stands for which kind of work, in the ledger. The table is data: functions of
// Linux by their full names, and the few of copycost's own that a profile must tell apart.
#ifndef COPYCOST_COORDINATOR_ANALYSIS_LEDGER_RULES_H_
#define COPYCOST_COORDINATOR_ANALYSIS_LEDGER_RULES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "copycost/v1/trial.pb.h"

namespace copycost::analysis {

// What CPU time is spent on. In the order in which a ledger lists it.
enum class Work {
  kTouch,
  kStaging,
  kSenderCopy,
  kDeliveryCopy,
  kReceiverCopy,
  kRead,
  kPinning,
  kMapping,
  kCompletions,
  kReceiverWakeUp,
  kSenderWakeUp,
  kSending,
  kReceiving,
  kDriver,
  kScheduling,
  kSystemCall,
  kInterrupts,
  kMemory,
  kOwnLoop,
  kUnknown,
  kOtherPrograms,
  kIdle,  // no work: not in the ledger's sums
};

struct WorkName {
  Work work;
  absl::string_view label;
  absl::string_view description;
};

// One for each, in order.
absl::Span<const WorkName> WorkNames();

// The innermost function of the chain that has a rule decides. Where the kernel is within a call or
// an interrupt, its functions alone do; what an agent does outside of the kernel is its own loop
// unless a rule says more.
Work WorkOf(const v1::Profile& profile, const v1::Stack& stack);

}  // namespace copycost::analysis

#endif  // COPYCOST_COORDINATOR_ANALYSIS_LEDGER_RULES_H_
