#include "coordinator/drive/echo_check.h"

#include <google/protobuf/text_format.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "coordinator/record/ends.h"

namespace copycost {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

// An end that receives is told to run where its packets come in.
bool ChoosesOwnCpu(const v1::Workload& asked) {
  return asked.placement() == v1::PLACEMENT_INCOMING_CPU;
}

// The fields that a role has no part in: what only an end that sends applies, or one that receives
// (where the pattern has exchanges each end does both), buffers or a ring that the mode does not
// have, a rate that is kept by the end that begins, and a placement that the ends' CPUs show.
std::set<std::string> NoPartOf(v1::Role role, const v1::Workload& asked) {
  const bool both = Exchanges(asked.pattern());
  const bool sends = both || role == v1::ROLE_SENDER;
  const bool receives = both || role == v1::ROLE_RECEIVER;
  std::set<std::string> none;
  if (!sends) none.insert({"send_mode", "touch", "extra_copies"});
  if (!receives) none.insert({"receive_mode", "read"});
  if (!sends && !FillsFields(asked.receive_mode())) none.insert("fields");
  if (!sends && !HasBuffers(asked.receive_mode())) none.insert({"alignment_bytes", "huge_pages"});
  // Of exchanges it is told by those who make the requests or take them.
  if (role != v1::ROLE_SENDER && !HasBuffers(asked.receive_mode())) {
    none.insert("working_set_bytes");
  }
  if (!sends || !PinsBuffers(asked.send_mode())) none.insert("ring_depth");
  if (role != v1::ROLE_SENDER) none.insert("rate");
  if (!receives || !ChoosesOwnCpu(asked)) none.insert("placement");
  return none;
}

bool HasPart(const v1::AgentRecord& agent, const FieldDescriptor& field,
             const v1::Workload& asked) {
  for (const v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    if (record::HasEnds(agent, role) && NoPartOf(role, asked).count(field.name()) == 0) return true;
  }
  return false;
}

std::string FieldText(const v1::Workload& workload, const FieldDescriptor& field) {
  std::string text;
  TextFormat::PrintFieldValueToString(workload, &field, -1, &text);
  return text;
}

absl::Status CheckWorkload(const v1::AgentRecord& agent, const v1::Workload& asked) {
  const v1::Workload& applied = agent.ready().applied();
  for (int i = 0; i < asked.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *asked.GetDescriptor()->field(i);
    const bool told = applied.GetReflection()->HasField(applied, &field);
    if (!told && !HasPart(agent, field, asked)) continue;
    if (FieldText(applied, field) == FieldText(asked, field)) continue;
    return absl::DataLossError(absl::StrCat(agent.agent(), " applied ", field.name(), " ",
                                            FieldText(applied, field), " where ",
                                            FieldText(asked, field), " was asked"));
  }
  return absl::OkStatus();
}

// Of an AppliedEnd or a FlowEnd.
template <typename End>
std::string PlaceText(const End& end) {
  return absl::StrCat("flow ", end.flow(), " in thread ", end.thread(), " on CPU ", end.cpu());
}

// Where the end is that of its packets.
bool FollowsPackets(const v1::AgentRecord& agent, const v1::FlowEnd& asked) {
  const v1::Workload& workload = agent.prepare().workload();
  const bool receives = Exchanges(workload.pattern()) || asked.role() == v1::ROLE_RECEIVER;
  return receives && ChoosesOwnCpu(workload);
}

absl::Status CheckFollowed(const v1::AgentRecord& agent, const v1::AppliedEnd& applied) {
  if (applied.has_incoming_cpu() && applied.cpu() == applied.incoming_cpu()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      agent.agent(), " runs ", PlaceText(applied),
      " where that of its packets was asked, which is ",
      applied.has_incoming_cpu() ? absl::StrCat("CPU ", applied.incoming_cpu()) : "not told"));
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
    const bool follows = FollowsPackets(agent, asked);
    if (follows) RETURN_IF_ERROR(CheckFollowed(agent, applied));
    if (applied.flow() == asked.flow() && applied.role() == asked.role() &&
        (follows || applied.cpu() == asked.cpu()) && applied.thread() == asked.thread()) {
      continue;
    }
    return absl::DataLossError(absl::StrCat(agent.agent(), " runs ", PlaceText(applied), " where ",
                                            PlaceText(asked), " was asked"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckEchoes(const v1::TrialRecord& attempt) {
  for (const v1::AgentRecord& agent : attempt.agents()) {
    RETURN_IF_ERROR(CheckWorkload(agent, attempt.workload()));
    RETURN_IF_ERROR(CheckEnds(agent));
  }
  return absl::OkStatus();
}

}  // namespace copycost
