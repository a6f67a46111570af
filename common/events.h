// Events that are counted beside what flows tell, by their names.
#ifndef COPYCOST_COMMON_EVENTS_H_
#define COPYCOST_COMMON_EVENTS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace copycost {

// Where nothing else is asked for.
inline constexpr absl::string_view kDefaultEvents[] = {
    "cycles",        "instructions",     "L1-dcache-load-misses", "LLC-load-misses", "branches",
    "branch-misses", "dTLB-load-misses", "context-switches",      "cpu-migrations",  "page-faults",
    "task-clock",
};

inline constexpr size_t kMostEvents = 64;

// Stands for no event where a list of them is asked for.
inline constexpr absl::string_view kNoEvents = "none";

// InvalidArgument, in words that stand alone, for what cannot be a name: 1 to 128 printable
// characters, none of them a blank or a comma, with a letter or digit among them.
absl::Status CheckEventName(absl::string_view name);

// Samples of each CPU for the ledger: a number that nothing else goes by, so that no work in step
// with a clock is always seen, or never.
inline constexpr uint32_t kDefaultLedgerHz = 199;
inline constexpr uint32_t kMostLedgerHz = 4999;

// Whether the kernel counts the event by itself, in its own code: never without it, and never by
// the PMU.
bool IsKernelsOwn(absl::string_view event);

}  // namespace copycost

#endif  // COPYCOST_COMMON_EVENTS_H_
