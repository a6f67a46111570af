#include "agent/inspect/host_inspector.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/inspect/host_facts.h"
#include "agent/inspect/interface_facts.h"
#include "agent/link/data_interface.h"
#include "agent/measure/thread_counters.h"
#include "common/events.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr int kMostAddresses = 8;

absl::Status Check(const v1::InspectRequest& request) {
  if (request.data_addresses_size() > kMostAddresses) {
    return absl::InvalidArgumentError(
        absl::StrCat("data_addresses: at most ", kMostAddresses, " are looked at"));
  }
  if (static_cast<size_t>(request.events_size()) > kMostEvents) {
    return absl::InvalidArgumentError(absl::StrCat("events: at most ", kMostEvents, " are tried"));
  }
  for (const std::string& event : request.events()) {
    RETURN_IF_ERROR(Annotate(CheckEventName(event), "events"));
  }
  return absl::OkStatus();
}

// An address that is not this host's is not told of here; who carries data over it will be.
std::set<std::string> InterfacesOf(const v1::InspectRequest& request) {
  std::set<std::string> interfaces;
  for (const std::string& address : request.data_addresses()) {
    absl::StatusOr<std::string> interface = InterfaceOf(address);
    if (interface.ok()) interfaces.insert(*std::move(interface));
  }
  return interfaces;
}

// Each alone: whether they fit into the PMU together is another question.
void TryEvents(CounterSource& source, const v1::InspectRequest& request, v1::HostState& state) {
  for (const std::string& event : request.events()) {
    v1::EventGroup group;
    group.add_events(event);
    ThreadCounters counters(source, {&group, 1});
    counters.Begin();
    counters.End();
    const v1::ThreadCounts counts = counters.Tell();
    v1::EventState& told = *state.add_events();
    told.set_event(event);
    for (const v1::EventCount& count : counts.events()) {
      told.set_absent(count.absent());
      told.set_user_only(count.user_only());
    }
  }
}

void ReadFacts(const v1::InspectRequest& request, v1::HostState& state) {
  AddHostIdentity("", *state.mutable_identity());
  AddHostSettings("", *state.mutable_settings());
  AddHostReadings("", *state.mutable_readings());
  for (const std::string& interface : InterfacesOf(request)) {
    AddInterfaceIdentity(interface, *state.mutable_identity());
    AddInterfaceSettings(interface, *state.mutable_settings());
  }
}

}  // namespace

// What reading takes itself lies outside of what host_cpu tells: it closes before, and opens after.
absl::StatusOr<v1::HostState> HostInspector::Inspect(const v1::InspectRequest& request) {
  RETURN_IF_ERROR(Check(request));
  v1::HostState state;
  state.set_read_unix_ns(absl::GetCurrentTimeNanos());
  const absl::StatusOr<HostCpuReading> close = ReadHostCpu();
  if (!request.only_cpu()) {
    ReadFacts(request, state);
    TryEvents(counters_, request, state);
  }
  absl::StatusOr<HostCpuReading> open = ReadHostCpu();
  const MutexLock lock(mutex_);
  if (last_.has_value() && close.ok()) *state.mutable_host_cpu() = Difference(*last_, *close);
  last_.reset();
  if (open.ok()) last_ = *std::move(open);
  return state;
}

}  // namespace copycost
