#include "coordinator/drive/echo_check.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "coordinator/drive/flow_layout.h"
#include "tests/testing/agent_events.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::AgentOf;
using ::copycost::testing::EchoRole;
using ::copycost::testing::ReadyFor;
using ::copycost::testing::StatusIs;
using ::copycost::testing::WorkloadOf;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Reflection;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Both agents have applied what was asked.
v1::TrialRecord Applied(v1::SendMode mode) {
  v1::TrialRecord attempt;
  *attempt.mutable_workload() = WorkloadOf(mode, 65536, 2);
  PlacementHost host = {.boot_id = "boot-1", .cpus = {}};
  for (const uint32_t cpu : {0, 1, 2, 3}) host.cpus.emplace_back().set_cpu(cpu);
  const auto ends = *LayOutFlows({host, host}, {.threads = 2}, RandomNonce);
  for (size_t i : {0, 1}) {
    v1::AgentRecord& agent = *attempt.add_agents();
    agent.set_agent(i == 0 ? "sender" : "receiver");
    *agent.mutable_prepare()->mutable_workload() = attempt.workload();
    for (const v1::FlowEnd& end : ends[i]) *agent.mutable_prepare()->add_ends() = end;
    *agent.mutable_ready() = ReadyFor(agent.prepare());
  }
  return attempt;
}

v1::Workload& AppliedBy(v1::TrialRecord& attempt, v1::Role role) {
  return *AgentOf(attempt, role).mutable_ready()->mutable_applied();
}

// Sets the field to another value than was asked, and not to its default.
void Change(const v1::Workload& asked, const FieldDescriptor& field, v1::Workload& applied) {
  const Reflection& reflection = *asked.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnumValue(&applied, &field, reflection.GetEnumValue(asked, &field) + 1);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&applied, &field, "reno");
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&applied, &field, reflection.GetUInt32(asked, &field) + 1);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&applied, &field, reflection.GetUInt64(asked, &field) + 1);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&applied, &field, reflection.GetInt64(asked, &field) + 1);
    default:
      FAIL() << field.name() << " is of a type this test does not know";
  }
}

std::vector<const FieldDescriptor*> WorkloadFields() {
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < v1::Workload::descriptor()->field_count(); ++i) {
    fields.push_back(v1::Workload::descriptor()->field(i));
  }
  return fields;
}

TEST(EchoCheckTest, PassesWhatWasAppliedAsAsked) {
  for (v1::SendMode mode :
       {v1::SEND_MODE_TWO_COPY, v1::SEND_MODE_ONE_COPY, v1::SEND_MODE_ZERO_COPY}) {
    EXPECT_OK(CheckEchoes(Applied(mode)));
  }
}

TEST(EchoCheckTest, CatchesEveryFieldThatEitherAgentAppliedDifferently) {
  for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    for (const FieldDescriptor* field : WorkloadFields()) {
      v1::TrialRecord attempt = Applied(v1::SEND_MODE_ZERO_COPY);
      Change(attempt.workload(), *field, AppliedBy(attempt, role));
      EXPECT_THAT(CheckEchoes(attempt),
                  StatusIs(absl::StatusCode::kDataLoss,
                           AllOf(StartsWith(role == v1::ROLE_SENDER ? "sender" : "receiver"),
                                 HasSubstr(field->name()))));
    }
  }
}

TEST(EchoCheckTest, CatchesWhatTheSenderDidNotTellAlthoughTheReceiverDid) {
  for (const char* name :
       {"message_bytes", "congestion", "threads", "flows_per_thread", "transport", "ip_version",
        "warmup_ns", "window_ns", "pattern", "ring_depth"}) {
    v1::TrialRecord attempt = Applied(v1::SEND_MODE_ZERO_COPY);
    v1::Workload& applied = AppliedBy(attempt, v1::ROLE_SENDER);
    applied.GetReflection()->ClearField(&applied,
                                        v1::Workload::descriptor()->FindFieldByName(name));
    EXPECT_THAT(CheckEchoes(attempt),
                StatusIs(absl::StatusCode::kDataLoss, AllOf(StartsWith("sender"), HasSubstr(name))))
        << name;
  }
}

// Whoever maps what arrives, or drops it, has no buffers to tell of; whoever takes it has.
TEST(EchoCheckTest, BuffersAreToldByThoseWhoHaveThem) {
  for (const v1::ReceiveMode mode :
       {v1::RECEIVE_MODE_RECV, v1::RECEIVE_MODE_MAPPED, v1::RECEIVE_MODE_TRUNCATE}) {
    for (const char* name : {"working_set_bytes", "alignment_bytes", "huge_pages"}) {
      v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
      attempt.mutable_workload()->set_receive_mode(mode);
      attempt.mutable_workload()->set_working_set_bytes(1 << 20);
      attempt.mutable_workload()->set_alignment_bytes(64);
      for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
        EchoRole(role, attempt.workload(), AppliedBy(attempt, role));
        AppliedBy(attempt, role).set_threads(2);
      }
      EXPECT_OK(CheckEchoes(attempt));
      v1::Workload& applied = AppliedBy(attempt, v1::ROLE_RECEIVER);
      applied.GetReflection()->ClearField(&applied,
                                          v1::Workload::descriptor()->FindFieldByName(name));
      if (mode == v1::RECEIVE_MODE_RECV) {
        EXPECT_THAT(CheckEchoes(attempt), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(name)));
      } else {
        EXPECT_OK(CheckEchoes(attempt));
      }
    }
  }
}

TEST(EchoCheckTest, CatchesEveryFieldThatNoAgentApplied) {
  for (const FieldDescriptor* field : WorkloadFields()) {
    v1::TrialRecord attempt = Applied(v1::SEND_MODE_ZERO_COPY);
    // So that no field is at its default, where leaving it out is telling it.
    attempt.mutable_workload()->set_messages_per_flow(5);
    attempt.mutable_workload()->set_pacing_bits_per_s(8'000'000);
    attempt.mutable_workload()->set_send_buffer_bytes(1 << 20);
    attempt.mutable_workload()->set_receive_buffer_bytes(1 << 20);
    attempt.mutable_workload()->set_mss_bytes(1000);
    attempt.mutable_workload()->set_busy_poll_us(50);
    attempt.mutable_workload()->set_extra_copies(3);
    attempt.mutable_workload()->set_working_set_bytes(1 << 20);
    attempt.mutable_workload()->set_alignment_bytes(64);
    attempt.mutable_workload()->set_mtu(9000);
    attempt.mutable_workload()->set_response_bytes(64);
    attempt.mutable_workload()->set_rate(1000);
    attempt.mutable_workload()->set_placement(v1::PLACEMENT_INCOMING_CPU);
    for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
      v1::Workload& applied = AppliedBy(attempt, role);
      EchoRole(role, attempt.workload(), applied);
      applied.GetReflection()->ClearField(&applied, field);
    }
    EXPECT_THAT(CheckEchoes(attempt),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr(field->name())));
  }
}

// Each end of an exchange has a part in both ways.
TEST(EchoCheckTest, CatchesEitherWayOfAnExchangeAtEitherEnd) {
  const auto exchange = [] {
    v1::TrialRecord attempt = Applied(v1::SEND_MODE_ZERO_COPY);
    attempt.mutable_workload()->set_pattern(v1::PATTERN_PACED);
    attempt.mutable_workload()->set_response_bytes(64);
    attempt.mutable_workload()->set_rate(1000);
    for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
      EchoRole(role, attempt.workload(), AppliedBy(attempt, role));
    }
    return attempt;
  };
  EXPECT_OK(CheckEchoes(exchange()));
  for (v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    for (const char* name : {"message_bytes", "response_bytes", "send_mode", "receive_mode",
                             "fields", "touch", "ring_depth", "pattern"}) {
      v1::TrialRecord attempt = exchange();
      v1::Workload& applied = AppliedBy(attempt, role);
      applied.GetReflection()->ClearField(&applied,
                                          v1::Workload::descriptor()->FindFieldByName(name));
      EXPECT_THAT(CheckEchoes(attempt),
                  StatusIs(absl::StatusCode::kDataLoss,
                           AllOf(StartsWith(role == v1::ROLE_SENDER ? "sender" : "receiver"),
                                 HasSubstr(name))));
    }
  }
  v1::TrialRecord attempt = exchange();
  AppliedBy(attempt, v1::ROLE_SENDER).set_response_bytes(65536);
  EXPECT_THAT(CheckEchoes(attempt),
              StatusIs(absl::StatusCode::kDataLoss,
                       "sender applied response_bytes 65536 where 64 was asked"));
  attempt = exchange();
  AppliedBy(attempt, v1::ROLE_SENDER).clear_rate();
  EXPECT_THAT(CheckEchoes(attempt), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("rate 0")));
}

// METHOD.md, pitfall 13.
TEST(EchoCheckTest, NamesACongestionControlThatSilentlyDidNotTake) {
  v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
  AppliedBy(attempt, v1::ROLE_SENDER).set_congestion("reno");
  EXPECT_THAT(CheckEchoes(attempt),
              StatusIs(absl::StatusCode::kDataLoss,
                       "sender applied congestion \"reno\" where \"cubic\" was asked"));
}

// METHOD.md, pitfall 1.
TEST(EchoCheckTest, NamesASizeThatNeverReachedTheSender) {
  v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
  AppliedBy(attempt, v1::ROLE_SENDER).set_message_bytes(4096);
  EXPECT_THAT(CheckEchoes(attempt),
              StatusIs(absl::StatusCode::kDataLoss,
                       "sender applied message_bytes 4096 where 65536 was asked"));
}

TEST(EchoCheckTest, CatchesAnEndOnAnotherCpu) {
  v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
  AgentOf(attempt, v1::ROLE_RECEIVER).mutable_ready()->mutable_ends(1)->set_cpu(99);
  EXPECT_THAT(CheckEchoes(attempt), StatusIs(absl::StatusCode::kDataLoss,
                                             AllOf(HasSubstr("receiver"), HasSubstr("CPU 99"))));
}

// Whoever receives then goes where its packets come in, and nowhere else; the sender stays.
TEST(EchoCheckTest, AnEndThatFollowsItsPacketsIsWhereTheyComeIn) {
  const auto follows = [] {
    v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
    attempt.mutable_workload()->set_placement(v1::PLACEMENT_INCOMING_CPU);
    for (v1::AgentRecord& agent : *attempt.mutable_agents()) {
      *agent.mutable_prepare()->mutable_workload() = attempt.workload();
      *agent.mutable_ready() = ReadyFor(agent.prepare());
      agent.mutable_ready()->mutable_applied()->set_threads(2);
    }
    v1::AppliedEnd& moved = *AgentOf(attempt, v1::ROLE_RECEIVER).mutable_ready()->mutable_ends(0);
    moved.set_cpu(3);
    moved.set_incoming_cpu(3);
    return attempt;
  };
  EXPECT_OK(CheckEchoes(follows()));
  v1::TrialRecord elsewhere = follows();
  AgentOf(elsewhere, v1::ROLE_RECEIVER).mutable_ready()->mutable_ends(0)->set_incoming_cpu(1);
  EXPECT_THAT(CheckEchoes(elsewhere),
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr("on CPU 3"), HasSubstr("which is CPU 1"))));
  v1::TrialRecord untold = follows();
  AgentOf(untold, v1::ROLE_RECEIVER).mutable_ready()->mutable_ends(0)->clear_incoming_cpu();
  EXPECT_THAT(CheckEchoes(untold), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not told")));
  v1::TrialRecord moved_sender = follows();
  AgentOf(moved_sender, v1::ROLE_SENDER).mutable_ready()->mutable_ends(0)->set_cpu(3);
  EXPECT_THAT(
      CheckEchoes(moved_sender),
      StatusIs(absl::StatusCode::kDataLoss, HasSubstr("sender runs flow 0 in thread 0 on CPU 3")));
}

TEST(EchoCheckTest, CatchesAnEndInAnotherThread) {
  v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
  AgentOf(attempt, v1::ROLE_SENDER).mutable_ready()->mutable_ends(1)->set_thread(0);
  EXPECT_THAT(CheckEchoes(attempt), StatusIs(absl::StatusCode::kDataLoss,
                                             AllOf(HasSubstr("sender runs flow 1 in thread 0"),
                                                   HasSubstr("where flow 1 in thread 1"))));
}

TEST(EchoCheckTest, CatchesAnEndInAnotherRole) {
  v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
  AgentOf(attempt, v1::ROLE_SENDER).mutable_ready()->mutable_ends(0)->set_role(v1::ROLE_RECEIVER);
  EXPECT_THAT(CheckEchoes(attempt), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("sender")));
}

TEST(EchoCheckTest, CatchesAnEndThatIsNotReady) {
  v1::TrialRecord attempt = Applied(v1::SEND_MODE_TWO_COPY);
  AgentOf(attempt, v1::ROLE_SENDER).mutable_ready()->mutable_ends()->RemoveLast();
  EXPECT_THAT(CheckEchoes(attempt),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("sender has 1 ends ready where 2 were asked")));
}

}  // namespace
}  // namespace copycost
