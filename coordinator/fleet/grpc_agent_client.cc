#include "coordinator/fleet/grpc_agent_client.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "common/clock.h"
#include "common/rpc/limits.h"
#include "common/rpc/status.h"
#include "common/status.h"
#include "copycost/v1/agent.grpc.pb.h"

namespace copycost {
namespace {

constexpr std::chrono::seconds kAnswerLimit{5};

std::chrono::system_clock::time_point Deadline() {
  return std::chrono::system_clock::now() + kAnswerLimit;
}

class GrpcTrialCall final : public TrialCall {
 public:
  GrpcTrialCall(v1::Agent::Stub& stub, AgentClient::TrialCallbacks callbacks)
      : callbacks_(std::move(callbacks)),
        stream_(stub.RunTrial(&context_)),
        reader_([this] { ReadAll(); }) {}

  ~GrpcTrialCall() override {
    context_.TryCancel();
    reader_.join();
  }

  void Send(const v1::Command& command) override { stream_->Write(command); }

 private:
  void ReadAll() {
    v1::Event event;
    while (stream_->Read(&event)) callbacks_.on_event(std::move(event));
    callbacks_.on_end(FromGrpc(stream_->Finish()));
  }

  const AgentClient::TrialCallbacks callbacks_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::Command, v1::Event>> stream_;
  std::thread reader_;  // last: starts when everything else is there
};

class GrpcHoldLease final : public HoldLease {
 public:
  explicit GrpcHoldLease(v1::Agent::Stub& stub) : stream_(stub.Hold(&context_)) {}

  ~GrpcHoldLease() override {
    if (!epoch_.has_value()) return;  // Take has finished the stream
    context_.TryCancel();
    stream_->Finish();
  }

  absl::Status Take(const v1::HoldRequest& request) {
    v1::Held held;
    if (!stream_->Write(request) || !stream_->Read(&held)) {
      const absl::Status end = FromGrpc(stream_->Finish());
      return end.ok() ? absl::UnavailableError("the agent ended the hold at once") : end;
    }
    epoch_ = held.epoch();
    return absl::OkStatus();
  }

  uint64_t epoch() const override { return *epoch_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::HoldRequest, v1::Held>> stream_;
  std::optional<uint64_t> epoch_;  // absent unless Take succeeded
};

class GrpcAgentClient final : public AgentClient {
 public:
  explicit GrpcAgentClient(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::Agent::NewStub(channel)) {}

  absl::StatusOr<v1::Description> Describe() override {
    grpc::ClientContext context;
    context.set_deadline(Deadline());
    v1::Description description;
    RETURN_IF_ERROR(FromGrpc(stub_->Describe(&context, v1::DescribeRequest(), &description)));
    return description;
  }

  absl::StatusOr<std::unique_ptr<HoldLease>> Hold(const v1::HoldRequest& request) override {
    auto lease = std::make_unique<GrpcHoldLease>(*stub_);
    RETURN_IF_ERROR(lease->Take(request));
    return lease;
  }

  absl::StatusOr<ClockOffset> ProbeClock(int probes) override {
    grpc::ClientContext context;
    context.set_deadline(Deadline());
    const auto stream = stub_->ProbeClock(&context);
    absl::Duration best = absl::InfiniteDuration();
    ClockOffset offset{};
    for (int i = 0; i < probes; ++i) {
      v1::Probe probe;
      probe.set_client_sent_ns(MonotonicNanos());
      if (!stream->Write(probe) || !stream->Read(&probe)) break;
      const int64_t back_ns = MonotonicNanos();
      const int64_t held_ns = probe.agent_sent_ns() - probe.agent_received_ns();
      const absl::Duration round_trip =
          absl::Nanoseconds(back_ns - probe.client_sent_ns() - held_ns);
      if (round_trip >= best) continue;
      best = round_trip;
      offset.offset = absl::Nanoseconds(((probe.agent_received_ns() - probe.client_sent_ns()) +
                                         (probe.agent_sent_ns() - back_ns)) /
                                        2);
      offset.error = round_trip / 2;
    }
    stream->WritesDone();
    RETURN_IF_ERROR(FromGrpc(stream->Finish()));
    if (best == absl::InfiniteDuration()) {
      return absl::UnavailableError("the agent answered no clock probe");
    }
    return offset;
  }

  std::unique_ptr<TrialCall> RunTrial(TrialCallbacks callbacks) override {
    return std::make_unique<GrpcTrialCall>(*stub_, std::move(callbacks));
  }

 private:
  const std::unique_ptr<v1::Agent::Stub> stub_;
};

}  // namespace

std::unique_ptr<AgentClient> MakeGrpcAgentClient(UniqueFd socket) {
  grpc::ChannelArguments arguments;
  LimitClient(arguments);
  const int fd = socket.Release();
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);  // as gRPC wants it
  return std::make_unique<GrpcAgentClient>(
      grpc::CreateCustomInsecureChannelFromFd("agent", fd, arguments));
}

std::unique_ptr<AgentClient> MakeGrpcAgentClient(const std::string& address) {
  grpc::ChannelArguments arguments;
  LimitClient(arguments);
  return std::make_unique<GrpcAgentClient>(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace copycost
