// What a host is made of and how it is set, from /proc and /sys.
#ifndef COPYCOST_AGENT_INSPECT_HOST_FACTS_H_
#define COPYCOST_AGENT_INSPECT_HOST_FACTS_H_

#include <string>

#include "agent/inspect/facts.h"

namespace copycost {

// Each reads below `root`, which a test may make; "" is this host. Some milliseconds; readings some
// 100 where CPUs are slow to tell their frequency.
void AddHostIdentity(const std::string& root, Facts& facts);
void AddHostSettings(const std::string& root, Facts& facts);
void AddHostReadings(const std::string& root, Facts& facts);

// Of a list in which one is chosen ("always [madvise] never"), that one; else the whole.
std::string ChosenOf(absl::string_view list);

// Of the kernel's command line what bears on measurements ("isolcpus=2-7 mitigations=off"): the
// rest may be anything, and is nobody's business.
std::string TellingParameters(absl::string_view command_line);

}  // namespace copycost

#endif  // COPYCOST_AGENT_INSPECT_HOST_FACTS_H_
