#include "coordinator/fleet/grpc_agent_client.h"

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/mailbox.h"
#include "common/rpc/credentials.h"
#include "common/rpc/limits.h"
#include "common/rpc/status.h"
#include "common/status.h"
#include "copycost/v1/agent.grpc.pb.h"

namespace copycost {
namespace {

// Cancels a call that is not answered in time. For streams that outlive the answer: a deadline of
// the call would end those, too.
class AnswerWatch {
 public:
  AnswerWatch(grpc::ClientContext& context, absl::Duration limit)
      : deadline_(clock_.Now() + limit), thread_([this, &context] {
          overdue_ = absl::IsDeadlineExceeded(answered_.PopUntil(deadline_).status());
          if (overdue_) context.TryCancel();
        }) {}
  ~AnswerWatch() { Stop(); }
  AnswerWatch(const AnswerWatch&) = delete;
  AnswerWatch& operator=(const AnswerWatch&) = delete;

  // Once the call has answered or ended. Afterwards it is not cancelled any more; false when it
  // was.
  bool Stop() {
    answered_.Close(absl::CancelledError("answered"));
    if (thread_.joinable()) thread_.join();
    return !overdue_;
  }

 private:
  RealClock clock_;
  const absl::Time deadline_;
  Mailbox<bool> answered_{clock_};  // nothing comes; closed by Stop
  bool overdue_ = false;            // the thread's while it runs
  std::thread thread_;              // last: starts when everything else is there
};

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
    const absl::Status end = FromGrpc(stream_->Finish());
    const bool told = context_.GetServerTrailingMetadata().count(kToldByAgent) > 0;
    callbacks_.on_end(absl::IsUnavailable(end) && !told ? LostAgentError(end.message()) : end);
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

  absl::Status Take(const v1::HoldRequest& request, absl::Duration limit) {
    AnswerWatch watch(context_, limit);
    v1::Held held;
    const bool answered = stream_->Write(request) && stream_->Read(&held);
    const bool in_time = watch.Stop();
    if (answered && in_time) {
      epoch_ = held.epoch();
      return absl::OkStatus();
    }
    const absl::Status end = FromGrpc(stream_->Finish());
    if (!in_time) {
      return absl::DeadlineExceededError(absl::StrCat(
          "it has not answered within ", absl::FormatDuration(limit), "; is it stopped?"));
    }
    return end.ok() ? absl::UnavailableError("the agent ended the hold at once") : end;
  }

  uint64_t epoch() const override { return *epoch_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::HoldRequest, v1::Held>> stream_;
  std::optional<uint64_t> epoch_;  // absent unless Take succeeded
};

class GrpcAgentClient final : public AgentClient {
 public:
  struct Options {
    absl::Duration answer_limit = kAnswerLimit;
    bool check_role = false;  // the channel has proved a certificate
    bool reconnects = true;   // the channel, when its connection is lost
  };

  GrpcAgentClient(const std::shared_ptr<grpc::Channel>& channel, Options options)
      : stub_(v1::Agent::NewStub(channel)), options_(options) {}

  absl::StatusOr<v1::Description> Describe() override {
    grpc::ClientContext context;
    context.set_deadline(DeadlineIn(options_.answer_limit));
    return Describe(context);
  }

  absl::StatusOr<v1::Description> AwaitReturn(absl::Duration limit) override {
    grpc::ClientContext context;
    context.set_deadline(DeadlineIn(limit));
    context.set_wait_for_ready(true);
    absl::StatusOr<v1::Description> description = Describe(context);
    if (!absl::IsUnavailable(description.status())) return description;
    const absl::string_view why = description.status().message();
    if (options_.reconnects) return absl::DeadlineExceededError(why);  // lost again meanwhile
    return absl::FailedPreconditionError(absl::StrCat("is gone: ", why));
  }

  absl::StatusOr<v1::Diagnosis> Diagnose(const v1::DiagnoseRequest& request) override {
    grpc::ClientContext context;
    context.set_deadline(DeadlineIn(options_.answer_limit));
    v1::Diagnosis diagnosis;
    RETURN_IF_ERROR(FromGrpc(stub_->Diagnose(&context, request, &diagnosis)));
    return diagnosis;
  }

  absl::StatusOr<v1::HostState> Inspect(const v1::InspectRequest& request) override {
    grpc::ClientContext context;
    context.set_deadline(DeadlineIn(options_.answer_limit));
    v1::HostState state;
    RETURN_IF_ERROR(FromGrpc(stub_->Inspect(&context, request, &state)));
    return state;
  }

  absl::StatusOr<std::unique_ptr<HoldLease>> Hold(const v1::HoldRequest& request) override {
    auto lease = std::make_unique<GrpcHoldLease>(*stub_);
    RETURN_IF_ERROR(lease->Take(request, options_.answer_limit));
    return lease;
  }

  absl::StatusOr<ClockOffset> ProbeClock(int probes) override {
    grpc::ClientContext context;
    context.set_deadline(DeadlineIn(options_.answer_limit));
    const auto stream = stub_->ProbeClock(&context);
    absl::Duration best = absl::InfiniteDuration();
    ClockOffset offset{};
    for (int i = 0; i < probes; ++i) {
      v1::Probe probe;
      const int64_t sent_ns = MonotonicNanos();
      probe.set_client_sent_ns(sent_ns);
      if (!stream->Write(probe) || !stream->Read(&probe)) break;
      const int64_t back_ns = MonotonicNanos();
      // Durations, which hold the difference of any two of the agent's numbers.
      const absl::Duration sent = absl::Nanoseconds(sent_ns);
      const absl::Duration back = absl::Nanoseconds(back_ns);
      const absl::Duration received = absl::Nanoseconds(probe.agent_received_ns());
      const absl::Duration answered = absl::Nanoseconds(probe.agent_sent_ns());
      const absl::Duration round_trip = (back - sent) - (answered - received);
      if (round_trip < absl::ZeroDuration() || round_trip >= best) continue;
      best = round_trip;
      offset.offset = ((received - sent) + (answered - back)) / 2;
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
  absl::StatusOr<v1::Description> Describe(grpc::ClientContext& context) {
    v1::Description description;
    RETURN_IF_ERROR(FromGrpc(stub_->Describe(&context, v1::DescribeRequest(), &description)));
    if (options_.check_role) RETURN_IF_ERROR(CheckRole(*context.auth_context(), kAgentRole));
    return description;
  }

  static std::chrono::system_clock::time_point DeadlineIn(absl::Duration limit) {
    return std::chrono::system_clock::now() + absl::ToChronoMilliseconds(limit);
  }

  const std::unique_ptr<v1::Agent::Stub> stub_;
  const Options options_;
};

}  // namespace

std::unique_ptr<AgentClient> MakeGrpcAgentClient(UniqueFd socket, absl::Duration answer_limit) {
  grpc::ChannelArguments arguments;
  LimitClient(arguments);
  const int fd = socket.Release();
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);  // as gRPC wants it
  return std::make_unique<GrpcAgentClient>(
      grpc::CreateCustomInsecureChannelFromFd("agent", fd, arguments),
      GrpcAgentClient::Options{.answer_limit = answer_limit, .reconnects = false});
}

absl::StatusOr<std::unique_ptr<AgentClient>> ConnectGrpcAgent(const std::string& address,
                                                              const TlsFiles& tls) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (tls.any()) {
    ASSIGN_OR_RETURN(credentials, MakeChannelCredentials(tls));
  }
  grpc::ChannelArguments arguments;
  LimitClient(arguments);
  WatchConnection(arguments);
  return std::make_unique<GrpcAgentClient>(
      grpc::CreateCustomChannel(address, credentials, arguments),
      GrpcAgentClient::Options{.check_role = tls.any()});
}

}  // namespace copycost
