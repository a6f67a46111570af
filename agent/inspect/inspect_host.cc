#include "agent/inspect/inspect_host.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/checks/thread_events.h"
#include "agent/host_info.h"
#include "agent/inspect/host_facts.h"
#include "agent/inspect/interface_facts.h"
#include "agent/link/data_interface.h"
#include "agent/measure/host_cpu.h"
#include "agent/measure/profiler.h"
#include "common/events.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr int kMostAddresses = 8;

absl::Status CheckRequest(const v1::InspectRequest& request) {
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
  if (request.sampling_hz() > kMostLedgerHz) {
    return absl::InvalidArgumentError(
        absl::StrCat("sampling_hz: at most ", kMostLedgerHz, " samples a second are taken"));
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
void TryEvents(const Kernel& kernel, const v1::InspectRequest& request, v1::HostState& state) {
  for (const std::string& event : request.events()) {
    const absl::StatusOr<EventOfThreads> counted = TryEventOfThreads(kernel, event);
    v1::EventState& told = *state.add_events();
    told.set_event(event);
    if (!counted.ok()) told.set_absent(std::string(counted.status().message()));
    told.set_user_only(counted.ok() && counted->user_only);
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

void ReadCpu(v1::HostState& state) {
  const absl::StatusOr<HostCpuReading> reading = ReadHostCpu();
  if (!reading.ok()) return;
  state.mutable_cpu()->set_at_ns(reading->at_ns);
  for (const v1::CpuTime& time : reading->cpus) *state.mutable_cpu()->add_cpus() = time;
}

}  // namespace

absl::StatusOr<v1::HostState> InspectHost(const v1::InspectRequest& request, const Kernel& kernel) {
  RETURN_IF_ERROR(CheckRequest(request));
  v1::HostState state;
  state.set_read_unix_ns(absl::GetCurrentTimeNanos());
  ReadCpu(state);  // first: what all the rest takes is not in it
  if (request.only_cpu()) return state;
  ReadFacts(request, state);
  TryEvents(kernel, request, state);
  if (request.sampling_hz() > 0) {
    const auto profiler = Profiler::Open(OnlineCpus(), request.sampling_hz());
    if (!profiler.ok()) state.set_no_sampling(std::string(profiler.status().message()));
  }
  return state;
}

}  // namespace copycost
