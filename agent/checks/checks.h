// What trials may need, a file a subject. Each function tries its subject in this process and
// network namespace, and gives its checks in the order in which they are to be read. Names are the
// same everywhere; all but those of modes and congestion controls come on every host.
#ifndef COPYCOST_AGENT_CHECKS_CHECKS_H_
#define COPYCOST_AGENT_CHECKS_CHECKS_H_

#include <string>
#include <vector>

#include "agent/checks/kernel.h"
#include "agent/limits.h"
#include "copycost/v1/agent.pb.h"
#include "copycost/v1/diagnosis.pb.h"

namespace copycost {

// "send mode ...", "receive mode ...": as the description tells, whose modes were tried.
std::vector<v1::Check> ModeChecks(const v1::Description& description);

// "permitted trials": as whoever started this agent has limited them.
std::vector<v1::Check> LimitChecks(const Limits& limits);

// "locked memory", "option memory", "available memory", "open files".
std::vector<v1::Check> MemoryChecks(const Kernel& kernel);

// "CPUs", "priority".
std::vector<v1::Check> CpuChecks(const Kernel& kernel);

// "congestion control ..." for those that experiments mostly name, and every other one there is.
// None is tried that the kernel would have to load for it.
std::vector<v1::Check> CongestionChecks(const Kernel& kernel);

// "TCP metrics", "IPv6".
std::vector<v1::Check> NetworkChecks(const Kernel& kernel);

// "data address ..." and "link changes", for each of the addresses.
std::vector<v1::Check> LinkChecks(const Kernel& kernel, const Limits& limits,
                                  const std::vector<std::string>& addresses);

// "counters of threads", "counters with the kernel", "counters of CPUs", "events" (which of those
// that are counted by default), "kernel symbols".
std::vector<v1::Check> CounterChecks(const Kernel& kernel);

}  // namespace copycost

#endif  // COPYCOST_AGENT_CHECKS_CHECKS_H_
