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

using Facts = ::google::protobuf::RepeatedPtrField<v1::Fact>;

constexpr absl::string_view kThrottlings = "throttlings";

const v1::Fact* Find(const Facts& facts, absl::string_view name) {
  const auto found = std::find_if(facts.begin(), facts.end(),
                                  [&](const v1::Fact& fact) { return fact.name() == name; });
  return found == facts.end() ? nullptr : &*found;
}

uint64_t NumberOf(const Facts& facts, absl::string_view name) {
  const v1::Fact* const fact = Find(facts, name);
  uint64_t number = 0;
  return fact != nullptr && absl::SimpleAtoi(fact->value(), &number) ? number : 0;
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
    changes.Add(agent.agent(), FactChanges(agent.before().settings(), agent.after().settings()));
    const uint64_t before = NumberOf(agent.before().readings(), kThrottlings);
    const uint64_t after = NumberOf(agent.after().readings(), kThrottlings);
    if (after <= before) continue;
    changes.Add(agent.agent(), {absl::StrCat("CPUs were slowed down ", after - before,
                                             " times, since they were hot")});
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

std::vector<std::string> FactChanges(const Facts& before, const Facts& now) {
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

std::optional<double> IdleBusyShare(const v1::Session& session) {
  std::optional<double> most;
  for (const v1::AgentInfo& agent : session.agents()) {
    const v1::HostCpu& cpu = agent.before().host_cpu();
    if (cpu.interval_ns() <= 0 || cpu.cpus().empty()) continue;
    const double share = static_cast<double>(cpu.busy_ns()) /
                         (static_cast<double>(cpu.interval_ns()) * cpu.cpus_size());
    most = std::max(most.value_or(0), share);
  }
  return most;
}

}  // namespace copycost::record
