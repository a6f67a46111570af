#include "coordinator/experiment/host_limits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/mode_traits.h"
#include "common/words.h"

namespace copycost {
namespace {

template <typename Mode, typename States>
std::map<Mode, std::string> MissingModes(const States& states) {
  std::map<Mode, std::string> missing;
  for (Mode mode : AllValues<Mode>()) {
    missing[mode] = "its agent does not know this mode; install the same version on every host";
  }
  for (const auto& entry : states) {
    if (entry.state().available()) {
      missing.erase(entry.mode());
    } else {
      missing[entry.mode()] = entry.state().reason();
    }
  }
  return missing;
}

// Adds what `agent` lacks; `side` says whose agent it is.
void AddTransports(const v1::Description& agent, absl::string_view side, HostLimits& limits) {
  std::map<v1::Transport, std::string> missing;
  for (v1::Transport transport : AllValues<v1::Transport>()) {
    // Every agent has TCP.
    if (transport == v1::TRANSPORT_TCP) continue;
    missing[transport] = "its agent does not know it; install the same version on every host";
  }
  for (const v1::TransportState& told : agent.transports()) {
    missing.erase(told.transport());
    if (!told.state().available()) missing[told.transport()] = told.state().reason();
    for (const v1::SendModeState& entry : told.send_modes()) {
      if (entry.state().available()) continue;
      limits.missing_send_modes_over[{told.transport(), entry.mode()}] = entry.state().reason();
    }
    for (const v1::ReceiveModeState& entry : told.receive_modes()) {
      if (entry.state().available()) continue;
      limits.missing_receive_modes_over[{told.transport(), entry.mode()}] = entry.state().reason();
    }
  }
  for (const auto& [transport, reason] : missing) {
    limits.missing_transports.emplace(transport, absl::StrCat("the ", side, " lacks it: ", reason));
  }
}

void AddHugePages(const v1::Description& agent, absl::string_view side, HostLimits& limits) {
  std::map<v1::HugePages, std::string> missing;
  for (const v1::HugePages pages : AllValues<v1::HugePages>()) {
    if (pages == v1::HUGE_PAGES_NONE) continue;
    missing[pages] = "its agent does not know them; install the same version on every host";
  }
  for (const v1::HugePagesState& told : agent.huge_pages()) {
    missing.erase(told.huge_pages());
    if (!told.state().available()) missing[told.huge_pages()] = told.state().reason();
  }
  for (const auto& [pages, reason] : missing) {
    limits.missing_huge_pages.emplace(pages, absl::StrCat("the ", side, " lacks them: ", reason));
  }
}

}  // namespace

HostLimits LimitsOf(const v1::Description& sender, const v1::Description& receiver) {
  HostLimits limits;
  limits.missing_send_modes = MissingModes<v1::SendMode>(sender.send_modes());
  limits.missing_receive_modes = MissingModes<v1::ReceiveMode>(receiver.receive_modes());
  if (sender.has_locked_memory_bytes()) limits.locked_memory_bytes = sender.locked_memory_bytes();
  limits.missing_send_modes_of_receiver = MissingModes<v1::SendMode>(receiver.send_modes());
  limits.missing_receive_modes_of_sender = MissingModes<v1::ReceiveMode>(sender.receive_modes());
  if (receiver.has_locked_memory_bytes()) {
    limits.locked_memory_bytes_of_receiver = receiver.locked_memory_bytes();
  }
  if (sender.has_last_level_cache_bytes() && receiver.has_last_level_cache_bytes()) {
    limits.last_level_cache_bytes =
        std::max(sender.last_level_cache_bytes(), receiver.last_level_cache_bytes());
  }
  AddTransports(sender, "sender", limits);
  AddTransports(receiver, "receiver", limits);
  AddHugePages(sender, "sender", limits);
  AddHugePages(receiver, "receiver", limits);
  for (v1::Transport transport : AllValues<v1::Transport>()) {
    if (!IsLocal(transport) || sender.boot_id() == receiver.boot_id()) continue;
    limits.missing_transports[transport] =
        "it joins agents of one host only, and these are on two; use --transport tcp";
  }
  return limits;
}

std::optional<uint64_t> LockedMemoryFor(const v1::Workload& workload, const HostLimits& limits) {
  const auto& of_sender = limits.locked_memory_bytes;
  const auto& of_receiver = limits.locked_memory_bytes_of_receiver;
  if (!Exchanges(workload.pattern()) || !of_receiver) return of_sender;
  return of_sender ? std::min(*of_sender, *of_receiver) : of_receiver;
}

}  // namespace copycost
