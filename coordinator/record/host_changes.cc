#include "coordinator/record/host_changes.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace copycost::record {
namespace {

using FactList = ::google::protobuf::RepeatedPtrField<v1::Fact>;

constexpr absl::string_view kThrottlings = "throttlings";

const v1::Fact* Find(const FactList& facts, absl::string_view name) {
  const auto found = std::find_if(facts.begin(), facts.end(),
                                  [&](const v1::Fact& fact) { return fact.name() == name; });
  return found == facts.end() ? nullptr : &*found;
}

std::optional<uint64_t> NumberOf(const FactList& facts, absl::string_view name) {
  const v1::Fact* const fact = Find(facts, name);
  uint64_t number = 0;
  if (fact == nullptr || !absl::SimpleAtoi(fact->value(), &number)) return std::nullopt;
  return number;
}

// What several agents tell alike, as agents of one host do, is told once.
class ByAgents {
 public:
  void Add(const std::string& agent, const std::vector<std::string>& changes) {
    for (const std::string& change : changes) {
      const auto [entry, is_new] = agents_of_.emplace(change, agent);
      if (is_new) {
        order_.push_back(change);
      } else {
        absl::StrAppend(&entry->second, ", ", agent);
      }
    }
  }

  void Tell(const std::string& when, std::vector<std::string>& told) const {
    for (const std::string& change : order_) {
      told.push_back(absl::StrCat(when, ", ", agents_of_.at(change), ": ", change));
    }
  }

 private:
  std::map<std::string, std::string> agents_of_;
  std::vector<std::string> order_;
};

ByAgents ChangesWithin(const v1::Session& session) {
  ByAgents changes;
  for (const v1::AgentInfo& agent : session.agents()) {
    if (!agent.has_after()) continue;
    changes.Add(agent.agent(), FactChanges(agent.before().identity(), agent.after().identity()));
    changes.Add(agent.agent(), FactChanges(agent.before().settings(), agent.after().settings()));
    const auto before = NumberOf(agent.before().readings(), kThrottlings);
    const auto after = NumberOf(agent.after().readings(), kThrottlings);
    if (!before || !after || *after <= *before) continue;
    changes.Add(agent.agent(), {"CPUs were slowed down, since they were hot"});
  }
  return changes;
}

ByAgents ChangesBetween(const v1::Session& before, const v1::Session& now) {
  ByAgents changes;
  for (int i = 0; i < std::min(before.agents_size(), now.agents_size()); ++i) {
    changes.Add(now.agents(i).agent(), FactChanges(before.agents(i).before().settings(),
                                                   now.agents(i).before().settings()));
  }
  return changes;
}

}  // namespace

std::vector<std::string> FactChanges(const FactList& before, const FactList& now) {
  std::vector<std::string> changes;
  for (const v1::Fact& fact : now) {
    const v1::Fact* const was = Find(before, fact.name());
    if (was == nullptr || was->value() == fact.value()) continue;
    changes.push_back(absl::StrCat(fact.name(), " ", fact.value(), ", was ", was->value()));
  }
  return changes;
}

std::vector<std::string> SettingChanges(const v1::RunRecord& run) {
  std::vector<std::string> told;
  for (int i = 0; i < run.sessions_size(); ++i) {
    if (i > 0) {
      ChangesBetween(run.sessions(i - 1), run.sessions(i))
          .Tell(absl::StrCat("with session ", i + 1), told);
    }
    ChangesWithin(run.sessions(i)).Tell(absl::StrCat("while session ", i + 1, " went on"), told);
  }
  return told;
}

std::optional<CpuUse> CpuUseBetween(const v1::CpuReading& open, const v1::CpuReading& close) {
  const auto interval_ns = static_cast<double>(close.at_ns() - open.at_ns());
  std::map<uint32_t, const v1::CpuTime*> before;
  for (const v1::CpuTime& time : open.cpus()) before[time.cpu()] = &time;
  double idle_ns = 0, stolen_ns = 0, all_ns = 0;
  for (const v1::CpuTime& time : close.cpus()) {
    const auto found = before.find(time.cpu());
    if (found == before.end()) continue;  // it was not online
    all_ns += interval_ns;
    idle_ns +=
        std::min(interval_ns, static_cast<double>(time.idle_ns() - found->second->idle_ns()));
    stolen_ns += static_cast<double>(time.steal_ns() - found->second->steal_ns());
  }
  if (all_ns <= 0) return std::nullopt;
  return CpuUse{.busy = std::clamp(1 - (idle_ns + stolen_ns) / all_ns, 0.0, 1.0),
                .stolen = std::clamp(stolen_ns / all_ns, 0.0, 1.0)};
}

std::optional<double> IdleBusyShare(const v1::Session& session) {
  std::optional<double> most;
  for (const v1::AgentInfo& agent : session.agents()) {
    const std::optional<CpuUse> use = CpuUseBetween(agent.before().cpu(), agent.idle_end());
    if (!use.has_value()) continue;
    most = std::max(most.value_or(0), use->busy);
  }
  return most;
}

}  // namespace copycost::record
