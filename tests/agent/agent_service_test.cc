// The agent over real gRPC, with the coordinator's own client.
#include "agent/agent_service.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "common/mailbox.h"
#include "coordinator/drive/trial_driver.h"
#include "coordinator/fleet/grpc_agent_client.h"
#include "coordinator/fleet/inventory.h"
#include "copycost/v1/agent.grpc.pb.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::StatusIs;
using ::copycost::testing::VerifiedWorkload;
using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;

v1::HoldRequest HolderNamed(const std::string& name) {
  v1::HoldRequest request;
  request.set_holder(name);
  request.set_token((name + std::string(16, '.')).substr(0, 16));
  return request;
}

class AgentServiceTest : public ::testing::Test {
 protected:
  std::unique_ptr<AgentServer> Serve(const std::string& listen) {
    return AgentServer::Start({.listen = listen}, clock_).value();
  }

  RealClock clock_;
  std::unique_ptr<AgentServer> agent_ = Serve("127.0.0.1:0");
  std::unique_ptr<AgentClient> client_ = *ConnectGrpcAgent(agent_->address());
};

TEST_F(AgentServiceTest, DescribesThisHostWithoutAHold) {
  const auto description = client_->Describe();
  ASSERT_OK(description);
  EXPECT_EQ(description->boot_id(), OwnBootId());
  EXPECT_GT(description->cpus_size(), 0);
  EXPECT_EQ(description->build_id().size(), 40u);
  ASSERT_EQ(description->send_modes_size(), static_cast<int>(SendModes().size()));
  EXPECT_TRUE(description->send_modes(0).state().available());
  EXPECT_EQ(description->receive_modes_size(), static_cast<int>(ReceiveModes().size()));
}

TEST_F(AgentServiceTest, DiagnosesThisHostWithoutAHold) {
  v1::DiagnoseRequest request;
  request.add_data_addresses("127.0.0.1");
  const auto diagnosis = client_->Diagnose(request);
  ASSERT_OK(diagnosis);
  std::vector<std::string> names;
  for (const v1::Check& check : diagnosis->checks()) names.push_back(check.name());
  EXPECT_THAT(names, ::testing::IsSupersetOf({"send mode two-copy", "locked memory", "IPv6",
                                              "data address 127.0.0.1", "events"}));
}

TEST_F(AgentServiceTest, RefusesToLookAtEveryAddressThereIs) {
  v1::DiagnoseRequest request;
  for (int i = 0; i < 100; ++i) request.add_data_addresses("127.0.0.1");
  EXPECT_THAT(client_->Diagnose(request), StatusIs(absl::StatusCode::kInvalidArgument, _));
}

TEST_F(AgentServiceTest, TellsHowItsHostIsSetWithoutAHold) {
  v1::InspectRequest request;
  request.add_data_addresses("127.0.0.1");
  const auto state = client_->Inspect(request);
  ASSERT_OK(state);
  EXPECT_GT(state->settings_size(), 10);
  for (int i = 0; i < 100; ++i) request.add_data_addresses("127.0.0.1");
  EXPECT_THAT(client_->Inspect(request), StatusIs(absl::StatusCode::kInvalidArgument, _));
}

TEST_F(AgentServiceTest, TellsASecondCoordinatorWhoHoldsItAndSinceWhen) {
  const auto first = client_->Hold(HolderNamed("alice on a"));
  ASSERT_OK(first);
  EXPECT_THAT((*ConnectGrpcAgent(agent_->address()))->Hold(HolderNamed("bob")).status(),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       AllOf(HasSubstr("held by alice on a"), HasSubstr("since 20"))));
}

TEST_F(AgentServiceTest, EveryHoldHasAnEpochOfItsOwn) {
  auto first = client_->Hold(HolderNamed("a"));
  ASSERT_OK(first);
  const uint64_t epoch = (*first)->epoch();
  first->reset();
  // The release reaches the agent a moment after the lease is gone.
  absl::StatusOr<std::unique_ptr<HoldLease>> second = client_->Hold(HolderNamed("b"));
  while (absl::IsResourceExhausted(second.status())) {
    std::this_thread::yield();
    second = client_->Hold(HolderNamed("b"));
  }
  ASSERT_OK(second);
  EXPECT_GT((*second)->epoch(), epoch);
}

TEST_F(AgentServiceTest, RefusesAHoldWithoutAName) {
  EXPECT_THAT(client_->Hold(HolderNamed("")).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("holder")));
}

TEST_F(AgentServiceTest, ProbesOfOneHostAgreeOnTheClock) {
  const auto offset = client_->ProbeClock(20);
  ASSERT_OK(offset);
  EXPECT_GT(offset->error, absl::ZeroDuration());
  EXPECT_LE(absl::AbsDuration(offset->offset), offset->error);
}

// Calls a method with an empty request, and gives the serialized response.
std::string CallWithNothing(const std::string& address, const std::string& method) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request(nullptr, 0);
  const auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  std::string bytes;
  if (!status.ok()) return status.error_message();
  std::vector<grpc::Slice> slices;
  if (!response.Dump(&slices).ok()) return "";
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

TEST_F(AgentServiceTest, AnswersHealthChecks) {
  // HealthCheckResponse{status = SERVING}: field 1, value 1.
  EXPECT_EQ(CallWithNothing(agent_->address(), "/grpc.health.v1.Health/Check"), "\x08\x01");
}

// One sender's end, whose peer never comes.
v1::Command PrepareUnder(uint64_t epoch) {
  v1::Command command;
  v1::Prepare& prepare = *command.mutable_prepare();
  prepare.set_trial_id("t1");
  prepare.set_attempt(1);
  prepare.set_epoch(epoch);
  prepare.set_purpose(v1::PURPOSE_VERIFY);
  *prepare.mutable_workload() = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  prepare.set_data_address("127.0.0.1");
  v1::FlowEnd& end = *prepare.add_ends();
  end.set_role(v1::ROLE_SENDER);
  end.set_nonce(std::string(16, 'a'));
  end.set_peer_nonce(std::string(16, 'b'));
  return command;
}

// A whole trial between two agents, carried out by the driver.
class TrialOverGrpcTest : public AgentServiceTest {
 protected:
  TrialOverGrpcTest() {
    Fleet fleet;
    fleet.push_back({.name = "sender",
                     .address = agent_->address(),
                     .client = *ConnectGrpcAgent(agent_->address()),
                     .data_address_v4 = "127.0.0.1",
                     .data_address_v6 = "::1"});
    fleet.push_back({.name = "receiver",
                     .address = second_->address(),
                     .client = *ConnectGrpcAgent(second_->address()),
                     .data_address_v4 = "127.0.0.1",
                     .data_address_v6 = "::1"});
    agents_ = TakeInventory(std::move(fleet), OwnBootId()).value();
  }

  TrialOrder Order(v1::SendMode mode) {
    v1::Workload workload = VerifiedWorkload(mode);
    workload.set_threads(2);
    return {.trial_id = "v01",
            .block = 0,
            .cell_id = 0,
            .purpose = v1::PURPOSE_VERIFY,
            .workload = workload};
  }

  // The last attempt, all of them in `attempts_`; an error when an agent did not come back.
  absl::StatusOr<v1::TrialRecord> TryToRun(v1::SendMode mode) {
    TrialDriver driver(clock_, agents_,
                       {.hold = HolderNamed("test"), .return_limit = absl::Milliseconds(300)});
    return driver.Run(Order(mode), [this](const v1::TrialRecord& attempt) {
      attempts_.push_back(attempt);
      return absl::OkStatus();
    });
  }

  v1::TrialRecord Run(v1::SendMode mode) { return TryToRun(mode).value(); }

  std::unique_ptr<AgentServer> second_ = Serve("127.0.0.1:0");
  std::vector<FleetAgent> agents_;
  std::vector<v1::TrialRecord> attempts_;
};

TEST_F(TrialOverGrpcTest, EveryModeIsVerified) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  for (const v1::SendMode mode :
       {v1::SEND_MODE_TWO_COPY, v1::SEND_MODE_ONE_COPY, v1::SEND_MODE_ZERO_COPY}) {
    const v1::TrialRecord record = Run(mode);
    EXPECT_EQ(record.outcome(), v1::OUTCOME_OK) << record.reason();
    EXPECT_EQ(record.agents(1).finished().flows(1).verified_bytes(), 64u * 16384);
  }
}

TEST_F(TrialOverGrpcTest, ATrialUnderAStaleEpochIsRefusedAndMadeUnderAnother) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  agents_[0].lease.reset();  // its epoch is over, and the driver's record of it 0
  EXPECT_EQ(Run(v1::SEND_MODE_TWO_COPY).outcome(), v1::OUTCOME_OK);
  ASSERT_EQ(attempts_.size(), 2u);
  EXPECT_EQ(attempts_[0].outcome(), v1::OUTCOME_FAILED);
  EXPECT_THAT(attempts_[0].reason(), HasSubstr("epoch 0 is over"));
}

TEST_F(TrialOverGrpcTest, ATrialOfWhoLostTheAgentToAnotherIsNotMade) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  agents_[0].lease.reset();
  const auto other_client = *ConnectGrpcAgent(agent_->address());
  auto other = other_client->Hold(HolderNamed("another"));
  while (absl::IsResourceExhausted(other.status())) {  // until the agent has seen the end of ours
    other = other_client->Hold(HolderNamed("another"));
  }
  ASSERT_OK(other);
  EXPECT_THAT(TryToRun(v1::SEND_MODE_TWO_COPY),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("held by another")));
}

TEST_F(TrialOverGrpcTest, AnAgentThatIsStartedAnewIsHeldAnew) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  const std::string address = second_->address();
  second_.reset();
  second_ = Serve(address);
  EXPECT_EQ(Run(v1::SEND_MODE_TWO_COPY).outcome(), v1::OUTCOME_OK);
  EXPECT_GT(attempts_.size(), 1u);
}

TEST_F(TrialOverGrpcTest, AnAgentThatIsGoneIsAFailureOfTransportAndWaitedFor) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  second_.reset();
  EXPECT_THAT(
      TryToRun(v1::SEND_MODE_TWO_COPY),
      StatusIs(absl::StatusCode::kUnavailable, HasSubstr("agent receiver: has not come back")));
  ASSERT_EQ(attempts_.size(), 1u);
  EXPECT_TRUE(attempts_[0].transport_failure()) << attempts_[0].reason();
}

// A call to the sender's agent, and what comes of it.
struct Call {
  Call(Clock& clock, AgentClient& client)
      : events(clock),
        ends(clock),
        trial(
            client.RunTrial({.on_event = [this](v1::Event event) { events.Push(std::move(event)); },
                             .on_end = [this](absl::Status end) { ends.Push(std::move(end)); }})) {}

  absl::StatusOr<v1::Event> NextEvent() { return events.PopUntil(absl::InfiniteFuture()); }
  absl::Status End() { return *ends.PopUntil(absl::InfiniteFuture()); }

  Mailbox<v1::Event> events;
  Mailbox<absl::Status> ends;
  const std::unique_ptr<TrialCall> trial;
};

TEST_F(TrialOverGrpcTest, AnAgentTakesOneTrialAtATime) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  AgentClient& client = *agents_[0].member.client;
  Call first(clock_, client);
  first.trial->Send(PrepareUnder(agents_[0].lease->epoch()));
  ASSERT_TRUE(first.NextEvent()->has_listening());
  Call second(clock_, client);
  second.trial->Send(PrepareUnder(agents_[0].lease->epoch()));
  EXPECT_THAT(second.End(),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("one at a time")));
}

TEST_F(TrialOverGrpcTest, ACallThatSaysNothingKeepsNoTrialFromRunning) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  Call silent(clock_, *agents_[0].member.client);
  ASSERT_TRUE(silent.NextEvent()->has_heartbeat());
  const v1::TrialRecord record = Run(v1::SEND_MODE_TWO_COPY);
  EXPECT_EQ(record.outcome(), v1::OUTCOME_OK) << record.reason();
}

TEST_F(TrialOverGrpcTest, TheEndOfTheHoldStopsTheTrial) {
  ASSERT_OK(HoldAll(agents_, HolderNamed("test")));
  Call call(clock_, *agents_[0].member.client);
  call.trial->Send(PrepareUnder(agents_[0].lease->epoch()));
  ASSERT_TRUE(call.NextEvent()->has_listening());
  agents_[0].lease.reset();
  EXPECT_THAT(call.End(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("hold has ended")));
}

TEST(AgentServerTest, ServesAUnixSocketAndAnInheritedOne) {
  RealClock clock;
  const std::string path = absl::StrCat(::testing::TempDir(), "/agent-", ::getpid(), ".sock");
  const auto at_path = AgentServer::Start({.listen = absl::StrCat("unix:", path)}, clock);
  ASSERT_OK(at_path);
  EXPECT_OK((*ConnectGrpcAgent(absl::StrCat("unix:", path)))->Describe());

  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const auto inherited = AgentServer::Start({.listen = absl::StrCat("fd:", fds[1])}, clock);
  ASSERT_OK(inherited);
  EXPECT_OK(MakeGrpcAgentClient(UniqueFd(fds[0]))->Describe());
}

TEST(AgentServerTest, RefusesToBeReachableFromElsewhereUnlessTold) {
  RealClock clock;
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "host.invalid:0"}) {
    EXPECT_THAT(AgentServer::Start({.listen = address}, clock).status(),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("--insecure")))
        << address;
  }
  EXPECT_OK(AgentServer::Start({.listen = "0.0.0.0:0", .insecure = true}, clock).status());
  EXPECT_OK(AgentServer::Start({.listen = "[::1]:0"}, clock).status());
}

TEST(AgentServerTest, RefusesWhatIsNoAddress) {
  RealClock clock;
  for (const char* address : {"", "localhost", ":7411", "127.0.0.1:99999", "fd:x", "fd:0"}) {
    EXPECT_THAT(AgentServer::Start({.listen = address}, clock).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--listen")))
        << address;
  }
}

TEST(AgentServerTest, RefusesAnInheritedSocketThatIsNotConnected) {
  RealClock clock;
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const UniqueFd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    EXPECT_THAT(AgentServer::Start({.listen = absl::StrCat("fd:", socket.get())}, clock).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("connected stream socket")));
  }
}

TEST(AgentServerTest, SaysWhenTheAddressIsTaken) {
  RealClock clock;
  const auto first = AgentServer::Start({.listen = "127.0.0.1:0"}, clock);
  ASSERT_OK(first);
  EXPECT_THAT(AgentServer::Start({.listen = (*first)->address()}, clock).status(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("another agent")));
}

}  // namespace
}  // namespace copycost
