#include "coordinator/report/host_rows.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "coordinator/record/host_changes.h"

namespace copycost::report {
namespace {

using ::copycost::record::Row;
using ::copycost::record::Value;
using Facts = ::google::protobuf::RepeatedPtrField<v1::Fact>;

Value OrAbsent(const std::string& text) { return text.empty() ? Value() : Value(text); }

// The rows of one agent in one session.
class AgentRows {
 public:
  AgentRows(int64_t session, const v1::AgentInfo& agent, std::vector<Row>& rows)
      : session_(session), agent_(agent), rows_(rows) {}

  void Add(absl::string_view kind, const std::string& name, Value before, Value after) {
    rows_.push_back({{"session", session_},
                     {"agent", agent_.agent()},
                     {"host", agent_.description().host_name()},
                     {"kind", std::string(kind)},
                     {"name", name},
                     {"before", std::move(before)},
                     {"after", std::move(after)}});
  }

  // Matched by their names; what is told afterwards only comes last.
  void AddFacts(absl::string_view kind, const Facts& before, const Facts& after) {
    for (const v1::Fact& fact : before) {
      Add(kind, fact.name(), OrAbsent(fact.value()), OrAbsent(ValueIn(after, fact.name())));
    }
    for (const v1::Fact& fact : after) {
      if (ValueIn(before, fact.name()).empty()) Add(kind, fact.name(), {}, OrAbsent(fact.value()));
    }
  }

  void AddIdentity(const std::string& name, const std::string& value) {
    if (!value.empty()) Add("identity", name, value, {});
  }

 private:
  static std::string ValueIn(const Facts& facts, const std::string& name) {
    const auto found = std::find_if(facts.begin(), facts.end(),
                                    [&](const v1::Fact& fact) { return fact.name() == name; });
    return found == facts.end() ? "" : found->value();
  }

  const int64_t session_;
  const v1::AgentInfo& agent_;
  std::vector<Row>& rows_;
};

// "3.1 % busy, 0.2 % stolen"
Value CpuText(const v1::CpuReading& open, const v1::CpuReading& close) {
  const std::optional<record::CpuUse> use = record::CpuUseBetween(open, close);
  if (!use.has_value()) return {};
  return absl::StrFormat("%.1f %% busy, %.1f %% stolen", 100 * use->busy, 100 * use->stolen);
}

std::string EventText(const v1::EventState& event) {
  if (!event.absent().empty()) return absl::StrCat("absent: ", event.absent());
  return event.user_only() ? "in user mode" : "counted";
}

void AddAgent(AgentRows rows, const v1::AgentInfo& agent) {
  const v1::Description& host = agent.description();
  rows.AddIdentity("CPU model", host.cpu_model());
  rows.AddIdentity("CPUs", absl::StrJoin(host.cpus(), " "));
  rows.AddIdentity("machine", host.machine());
  rows.AddIdentity("kernel", host.kernel());
  rows.AddIdentity("agent version", host.version());
  rows.AddIdentity("agent build", host.build_id());
  const v1::HostState& before = agent.before();
  const v1::HostState& after = agent.after();
  rows.AddFacts("identity", before.identity(), after.identity());
  rows.AddFacts("setting", before.settings(), after.settings());
  rows.AddFacts("reading", before.readings(), after.readings());
  rows.Add("reading", "CPU time", CpuText(before.cpu(), agent.idle_end()),
           CpuText(agent.idle_end(), after.cpu()));
  for (const v1::EventState& event : before.events()) {
    rows.Add("event", event.event(), EventText(event), {});
  }
}

}  // namespace

std::vector<Row> HostRows(const v1::RunRecord& run) {
  std::vector<Row> rows;
  for (int i = 0; i < run.sessions_size(); ++i) {
    for (const v1::AgentInfo& agent : run.sessions(i).agents()) {
      AddAgent({i + 1, agent, rows}, agent);
    }
  }
  return rows;
}

}  // namespace copycost::report
