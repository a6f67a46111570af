// The agents that a NamespaceTopology of this process has started, as the kernel knows them: their
// network namespaces are those of their processes.
#ifndef COPYCOST_TESTS_BENCH_AGENT_PROCESSES_H_
#define COPYCOST_TESTS_BENCH_AGENT_PROCESSES_H_

#include <sys/types.h>

#include "absl/status/statusor.h"

namespace copycost::bench {

struct AgentProcesses {
  pid_t sender;
  pid_t receiver;
};

// After the topology is up; by the thread that created it, the main one, while it has no other
// child. Told apart by the address of their data interface. NotFound where they are not found;
// FailedPrecondition on a kernel that does not list a process's children (CONFIG_PROC_CHILDREN).
absl::StatusOr<AgentProcesses> FindAgentProcesses();

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_AGENT_PROCESSES_H_
