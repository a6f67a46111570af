// The agents of this host, as far as this process sees them: samples of CPUs name threads by
// number only.
#ifndef COPYCOST_AGENT_MEASURE_AGENT_PROCESSES_H_
#define COPYCOST_AGENT_MEASURE_AGENT_PROCESSES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

struct AgentProcess {
  int32_t process = 0;  // as the PID namespace of this process numbers them
  std::string maps;     // the text of its /proc/PID/maps
  std::map<int32_t, v1::Runner> threads;
};

// What a data thread of this role calls itself (pthread_setname_np(3)), for FindAgentProcesses.
const char* DataThreadName(v1::Role role);

// Processes of the same program as this one's, itself among them. Those that end meanwhile, and
// that this user may not look into, are left out.
std::vector<AgentProcess> FindAgentProcesses();

// The line "NSpid:\t12\t3" of /proc/PID/status: the number in the PID namespace that is `depth`
// levels below the one of /proc. 0 where there is none.
int32_t NumberInNamespace(absl::string_view status, size_t depth);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_AGENT_PROCESSES_H_
