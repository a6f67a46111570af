#include "coordinator/drive/echo_check.h"

#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace copycost {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

std::string FieldText(const v1::Workload& workload, const FieldDescriptor& field) {
  std::string text;
  TextFormat::PrintFieldValueToString(workload, &field, -1, &text);
  return text;
}

absl::Status Differs(absl::string_view who, const FieldDescriptor& field,
                     const v1::Workload& applied, const v1::Workload& asked) {
  return absl::DataLossError(absl::StrCat(who, " applied ", field.name(), " ",
                                          FieldText(applied, field), " where ",
                                          FieldText(asked, field), " was asked"));
}

// Every field the agent speaks of is as asked.
absl::Status CheckEcho(const v1::AgentRecord& agent, const v1::Workload& asked) {
  const v1::Workload& applied = agent.ready().applied();
  std::vector<const FieldDescriptor*> told;
  applied.GetReflection()->ListFields(applied, &told);
  for (const FieldDescriptor* field : told) {
    if (FieldText(applied, *field) == FieldText(asked, *field)) continue;
    return Differs(agent.agent(), *field, applied, asked);
  }
  return absl::OkStatus();
}

absl::Status CheckEnds(const v1::AgentRecord& agent) {
  if (agent.ready().ends_size() != agent.prepare().ends_size()) {
    return absl::DataLossError(absl::StrCat(agent.agent(), " has ", agent.ready().ends_size(),
                                            " ends ready where ", agent.prepare().ends_size(),
                                            " were asked"));
  }
  for (int i = 0; i < agent.ready().ends_size(); ++i) {
    const v1::AppliedEnd& applied = agent.ready().ends(i);
    const v1::FlowEnd& asked = agent.prepare().ends(i);
    if (applied.flow() == asked.flow() && applied.role() == asked.role() &&
        applied.cpu() == asked.cpu()) {
      continue;
    }
    return absl::DataLossError(absl::StrCat(agent.agent(), " runs flow ", applied.flow(),
                                            " on CPU ", applied.cpu(), " where flow ", asked.flow(),
                                            " on CPU ", asked.cpu(), " was asked"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckEchoes(const v1::TrialRecord& attempt) {
  const v1::Workload& asked = attempt.workload();
  v1::Workload applied;
  for (const v1::AgentRecord& agent : attempt.agents()) {
    RETURN_IF_ERROR(CheckEcho(agent, asked));
    RETURN_IF_ERROR(CheckEnds(agent));
    applied.MergeFrom(agent.ready().applied());
  }
  // Only a mode with a ring has a depth to tell.
  if (applied.ring_depth() == 0) applied.set_ring_depth(asked.ring_depth());
  for (int i = 0; i < asked.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *asked.GetDescriptor()->field(i);
    if (FieldText(applied, field) == FieldText(asked, field)) continue;
    return Differs("no agent", field, applied, asked);
  }
  return absl::OkStatus();
}

}  // namespace copycost
