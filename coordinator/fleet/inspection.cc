#include "coordinator/fleet/inspection.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "common/status.h"

namespace copycost {
namespace {

using Facts = ::google::protobuf::RepeatedPtrField<v1::Fact>;

constexpr absl::Duration kIdle = absl::Milliseconds(500);
constexpr int kMostFacts = 1000;
constexpr size_t kMostCharacters = 16 << 10;
constexpr int kMostCpus = 1 << 16;

bool IsLine(absl::string_view text) {
  return text.size() <= kMostCharacters && std::none_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_iscntrl(static_cast<unsigned char>(c));
         });
}

bool AreLines(const Facts& facts) {
  return facts.size() <= kMostFacts &&
         std::all_of(facts.begin(), facts.end(), [](const v1::Fact& fact) {
           return IsLine(fact.name()) && IsLine(fact.value());
         });
}

absl::Status CheckState(const v1::HostState& state, const v1::InspectRequest& request) {
  if (!AreLines(state.identity()) || !AreLines(state.settings()) || !AreLines(state.readings()) ||
      state.cpu().cpus_size() > kMostCpus) {
    return absl::DataLossError("it tells too much, or what is no line of text");
  }
  if (!IsLine(state.no_sampling())) return absl::DataLossError("it tells what is no line of text");
  if (state.events_size() != request.events_size()) {
    return absl::DataLossError("it tells of other events than it was asked for");
  }
  for (int i = 0; i < state.events_size(); ++i) {
    if (state.events(i).event() != request.events(i) || !IsLine(state.events(i).absent())) {
      return absl::DataLossError("it tells of other events than it was asked for");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::HostState> Ask(const FleetAgent& agent, const v1::InspectRequest& request) {
  absl::StatusOr<v1::HostState> state = agent.member.client->Inspect(request);
  const absl::Status told = state.ok() ? CheckState(*state, request) : state.status();
  if (told.ok()) return state;
  return Annotate(told,
                  absl::StrCat("agent ", agent.member.name, " does not tell how its host is set"));
}

void Wait(Clock& clock, absl::Duration duration) {
  Mutex mutex;
  std::condition_variable never;
  const absl::Time end = clock.Now() + duration;
  const MutexLock lock(mutex);
  while (clock.Now() < end) clock.WaitUntil(mutex, never, end);
}

absl::StatusOr<v1::CpuReading> ReadCpu(const FleetAgent& agent) {
  v1::InspectRequest request;
  request.set_only_cpu(true);
  ASSIGN_OR_RETURN(v1::HostState state, Ask(agent, request));
  return std::move(*state.mutable_cpu());
}

}  // namespace

absl::StatusOr<v1::HostState> Inspect(const FleetAgent& agent, const InstrumentsWanted& wanted) {
  v1::InspectRequest request;
  for (const std::string& address : {agent.member.data_address_v4, agent.member.data_address_v6}) {
    if (!address.empty()) request.add_data_addresses(address);
  }
  for (const std::string& event : wanted.events) request.add_events(event);
  request.set_sampling_hz(wanted.sampling_hz);
  return Ask(agent, request);
}

absl::StatusOr<std::vector<IdleInspection>> InspectIdle(Clock& clock,
                                                        const std::vector<FleetAgent>& agents,
                                                        const InstrumentsWanted& wanted) {
  std::vector<IdleInspection> all(agents.size());
  for (size_t i = 0; i < agents.size(); ++i) {
    ASSIGN_OR_RETURN(all[i].state, Inspect(agents[i], wanted));
  }
  // Only now, so that nobody looks while another is asked for all of it.
  for (size_t i = 0; i < agents.size(); ++i) {
    ASSIGN_OR_RETURN(*all[i].state.mutable_cpu(), ReadCpu(agents[i]));
  }
  Wait(clock, kIdle);
  for (size_t i = 0; i < agents.size(); ++i) {
    ASSIGN_OR_RETURN(all[i].idle_end, ReadCpu(agents[i]));
  }
  return all;
}

}  // namespace copycost
