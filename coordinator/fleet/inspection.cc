#include "coordinator/fleet/inspection.h"

#include <condition_variable>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr absl::Duration kIdle = absl::Milliseconds(500);

absl::StatusOr<v1::HostState> Ask(const FleetAgent& agent, const v1::InspectRequest& request) {
  absl::StatusOr<v1::HostState> state = agent.member.client->Inspect(request);
  if (state.ok()) return state;
  return Annotate(state.status(),
                  absl::StrCat("agent ", agent.member.name, " does not tell how its host is set"));
}

void Wait(Clock& clock, absl::Duration duration) {
  Mutex mutex;
  std::condition_variable never;
  const absl::Time end = clock.Now() + duration;
  const MutexLock lock(mutex);
  while (clock.Now() < end) clock.WaitUntil(mutex, never, end);
}

}  // namespace

absl::StatusOr<v1::HostState> Inspect(const FleetAgent& agent,
                                      const std::vector<std::string>& events) {
  v1::InspectRequest request;
  for (const std::string& address : {agent.member.data_address_v4, agent.member.data_address_v6}) {
    if (!address.empty()) request.add_data_addresses(address);
  }
  for (const std::string& event : events) request.add_events(event);
  return Ask(agent, request);
}

absl::StatusOr<std::vector<v1::HostState>> InspectIdle(Clock& clock,
                                                       const std::vector<FleetAgent>& agents,
                                                       const std::vector<std::string>& events) {
  std::vector<v1::HostState> states;
  for (const FleetAgent& agent : agents) {
    ASSIGN_OR_RETURN(v1::HostState state, Inspect(agent, events));
    states.push_back(std::move(state));
  }
  v1::InspectRequest only_cpu;
  only_cpu.set_only_cpu(true);
  // Once more, so that none looks on while another is being asked all of it.
  for (const FleetAgent& agent : agents) RETURN_IF_ERROR(Ask(agent, only_cpu).status());
  Wait(clock, kIdle);
  for (size_t i = 0; i < agents.size(); ++i) {
    ASSIGN_OR_RETURN(v1::HostState idle, Ask(agents[i], only_cpu));
    states[i].clear_host_cpu();
    if (idle.has_host_cpu()) *states[i].mutable_host_cpu() = std::move(*idle.mutable_host_cpu());
  }
  return states;
}

}  // namespace copycost
