#include "coordinator/record/identity.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/words.h"
#include "coordinator/record/host_changes.h"

namespace copycost::record {
namespace {

std::string OrNone(const std::string& text) { return text.empty() ? "none" : text; }

class Changes {
 public:
  void Compare(absl::string_view what, const std::string& before, const std::string& now) {
    if (before == now) return;
    found_.push_back(absl::StrCat(what, " ", OrNone(now), ", was ", OrNone(before)));
  }
  std::vector<std::string> Take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

std::string CpusOf(const v1::Description& host) { return absl::StrJoin(host.cpus(), ","); }

// It decides how deep a zero-copy ring may be.
std::string LockedMemoryOf(const v1::Description& host) {
  return host.has_locked_memory_bytes() ? absl::StrCat(host.locked_memory_bytes(), " bytes")
                                        : "unlimited";
}

template <typename ModeStates>
std::string AvailableOf(const ModeStates& states) {
  std::vector<std::string> available;
  for (const auto& state : states) {
    if (state.state().available()) available.push_back(Label(state.mode()));
  }
  return absl::StrJoin(available, ",");
}

// Whether the traffic stays on one kernel decides what zero-copy can mean.
std::string SharingOf(const v1::Session& session) {
  std::map<std::string, std::vector<std::string>> agents_of_host;
  for (const v1::AgentInfo& agent : session.agents()) {
    agents_of_host[agent.description().boot_id()].push_back(agent.agent());
  }
  std::vector<std::string> groups;
  groups.reserve(agents_of_host.size());
  for (const auto& [host, agents] : agents_of_host) groups.push_back(absl::StrJoin(agents, "+"));
  std::sort(groups.begin(), groups.end());
  return absl::StrJoin(groups, " ");
}

void CompareAgents(const v1::AgentInfo& before, const v1::AgentInfo& now,
                   std::vector<std::string>& changes) {
  Changes addresses;
  addresses.Compare("data address", before.data_address_v4(), now.data_address_v4());
  addresses.Compare("IPv6 data address", before.data_address_v6(), now.data_address_v6());
  std::vector<std::string> found = ChangesOf(before.description(), now.description());
  for (std::string& change : addresses.Take()) found.push_back(std::move(change));
  for (std::string& change : FactChanges(before.before().identity(), now.before().identity())) {
    found.push_back(std::move(change));
  }
  for (const std::string& change : found) {
    changes.push_back(absl::StrCat(now.agent(), ": ", change));
  }
}

}  // namespace

std::vector<std::string> ChangesOf(const v1::Description& before, const v1::Description& now) {
  Changes changes;
  changes.Compare("host", before.host_name(), now.host_name());
  changes.Compare("machine", before.machine(), now.machine());
  changes.Compare("CPU", before.cpu_model(), now.cpu_model());
  changes.Compare("CPUs", CpusOf(before), CpusOf(now));
  changes.Compare("kernel", before.kernel(), now.kernel());
  changes.Compare("agent build", before.build_id(), now.build_id());
  changes.Compare("locked memory", LockedMemoryOf(before), LockedMemoryOf(now));
  changes.Compare("send modes", AvailableOf(before.send_modes()), AvailableOf(now.send_modes()));
  changes.Compare("receive modes", AvailableOf(before.receive_modes()),
                  AvailableOf(now.receive_modes()));
  return changes.Take();
}

std::vector<std::string> ChangesOf(const v1::Session& before, const v1::Session& now) {
  Changes run;
  run.Compare("copycost build", before.build_id(), now.build_id());
  run.Compare("agents by host:", SharingOf(before), SharingOf(now));
  std::vector<std::string> changes = run.Take();
  for (int i = 0; i < now.agents_size() && i < before.agents_size(); ++i) {
    CompareAgents(before.agents(i), now.agents(i), changes);
  }
  return changes;
}

}  // namespace copycost::record
