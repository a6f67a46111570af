#include "agent/agent_service.h"

#include <fcntl.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_posix.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/diagnosis.h"
#include "agent/hold.h"
#include "agent/host_info.h"
#include "agent/inspect/inspect_host.h"
#include "agent/measure/perf_counters.h"
#include "agent/outbox.h"
#include "agent/trial_runner.h"
#include "agent/trial_slot.h"
#include "common/log.h"
#include "common/network.h"
#include "common/rpc/credentials.h"
#include "common/rpc/limits.h"
#include "common/rpc/status.h"
#include "common/status.h"
#include "copycost/v1/agent.grpc.pb.h"

namespace copycost {
namespace {

// A call that is not served.
template <typename Request, typename Response>
class RefusedCall final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit RefusedCall(const absl::Status& why) { this->Finish(ToGrpc(why)); }
  void OnDone() override { delete this; }
};

class HoldCall final : public grpc::ServerBidiReactor<v1::HoldRequest, v1::Held> {
 public:
  HoldCall(Hold& hold, TrialSlot& slot) : hold_(hold), slot_(slot) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok || epoch_.has_value()) {
      Finish(ok ? grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "one HoldRequest is enough")
                : grpc::Status::OK);
      return;
    }
    const absl::StatusOr<uint64_t> epoch = hold_.Take(request_.holder(), request_.token());
    if (!epoch.ok()) {
      Finish(ToGrpc(epoch.status()));
      return;
    }
    epoch_ = *epoch;
    slot_.AbortUnderOthers(*epoch, absl::CancelledError("the hold was taken over"));
    held_.set_epoch(*epoch);
    StartWrite(&held_);
    StartRead(&request_);  // its end is the end of the hold
  }

  void OnDone() override {
    if (epoch_.has_value()) {
      hold_.Release(*epoch_);
      slot_.AbortUnder(*epoch_, absl::CancelledError("the hold has ended"));
    }
    delete this;
  }

 private:
  Hold& hold_;
  TrialSlot& slot_;
  v1::HoldRequest request_;
  v1::Held held_;
  std::optional<uint64_t> epoch_;
};

class ProbeCall final : public grpc::ServerBidiReactor<v1::Probe, v1::Probe> {
 public:
  ProbeCall() { StartRead(&probe_); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    probe_.set_agent_received_ns(MonotonicNanos());
    probe_.set_agent_sent_ns(MonotonicNanos());
    StartWrite(&probe_);
  }

  void OnWriteDone(bool ok) override {
    if (ok)
      StartRead(&probe_);
    else
      Finish(grpc::Status::OK);
  }

  void OnDone() override { delete this; }

 private:
  v1::Probe probe_;
};

// Runs the trial on a thread of its own; reads and writes are gRPC's. `context` lives until OnDone.
class TrialCall final : public grpc::ServerBidiReactor<v1::Command, v1::Event> {
 public:
  TrialCall(grpc::CallbackServerContext& context, Clock& clock, TrialSlot& slot,
            const Limits& limits, LinkGuard* guard, CounterSource& counters)
      : context_(context),
        slot_(slot),
        runner_(clock, {.admit = [this](uint64_t epoch) { return slot_.Enter(epoch, runner_); },
                        .emit = [this](const v1::Event& event) { Write(event); },
                        .limits = limits,
                        .guard = guard,
                        .counters = &counters}) {
    StartRead(&command_);
    worker_ = std::thread([this] { Run(); });
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      runner_.Abort(absl::CancelledError("control was lost: the coordinator ended the stream"));
      return;
    }
    runner_.Give(command_);
    StartRead(&command_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) runner_.Abort(absl::CancelledError("control was lost: the stream takes no events"));
    MutexLock lock(mutex_);
    Continue(outbox_.Written());
  }

  void OnCancel() override {
    runner_.Abort(absl::CancelledError("control was lost: the call was cancelled"));
  }

  void OnDone() override {
    // gRPC calls this from a thread of its own, never from within Finish, the worker's last act.
    worker_.join();
    delete this;
  }

 private:
  void Run() {
    const absl::Status end = runner_.Run();
    slot_.Leave(runner_);  // before the coordinator can hear of the end and begin the next
    MutexLock lock(mutex_);
    end_ = end;
    if (outbox_.empty()) Finish(ToGrpc(end));
  }

  void Write(const v1::Event& event) {
    MutexLock lock(mutex_);
    Continue(outbox_.Push(event));
  }

  void Continue(Outbox::Next next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    switch (next) {
      case Outbox::Next::kWrite:
        StartWrite(&outbox_.front());
        return;
      case Outbox::Next::kOverflow:
        Log("the coordinator takes no events; its trial is stopped");
        runner_.Abort(absl::CancelledError("control was lost: the coordinator takes no events"));
        context_.TryCancel();
        return;
      case Outbox::Next::kNothing:
        if (end_.has_value() && outbox_.empty()) Finish(ToGrpc(*end_));
        return;
      case Outbox::Next::kWait:
        return;
    }
  }

  grpc::CallbackServerContext& context_;
  TrialSlot& slot_;
  TrialRunner runner_;
  v1::Command command_;
  Mutex mutex_;
  Outbox outbox_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  std::thread worker_;
};

class AgentService final : public v1::Agent::CallbackService {
 public:
  AgentService(Clock& clock, const AgentServer::Options& options)
      : clock_(clock),
        limits_(options.limits),
        guard_(options.guard),
        check_roles_(options.tls.any()),
        hold_(clock),
        slot_(clock, hold_) {}

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest*,
                                     v1::Description* description) override {
    const absl::Status permitted = Permit(*context);
    if (permitted.ok()) *description = host_.Describe();
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(permitted));
    return reactor;
  }

  grpc::ServerUnaryReactor* Diagnose(grpc::CallbackServerContext* context,
                                     const v1::DiagnoseRequest* request,
                                     v1::Diagnosis* diagnosis) override {
    const absl::Status diagnosed = DiagnoseFor(*context, *request, *diagnosis);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(diagnosed));
    return reactor;
  }

  grpc::ServerUnaryReactor* Inspect(grpc::CallbackServerContext* context,
                                    const v1::InspectRequest* request,
                                    v1::HostState* state) override {
    const absl::Status inspected = InspectFor(*context, *request, *state);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpc(inspected));
    return reactor;
  }

  grpc::ServerBidiReactor<v1::HoldRequest, v1::Held>* Hold(
      grpc::CallbackServerContext* context) override {
    const absl::Status permitted = Permit(*context);
    if (!permitted.ok()) return new RefusedCall<v1::HoldRequest, v1::Held>(permitted);
    return new HoldCall(hold_, slot_);
  }

  grpc::ServerBidiReactor<v1::Probe, v1::Probe>* ProbeClock(
      grpc::CallbackServerContext* context) override {
    const absl::Status permitted = Permit(*context);
    if (!permitted.ok()) return new RefusedCall<v1::Probe, v1::Probe>(permitted);
    return new ProbeCall();
  }

  grpc::ServerBidiReactor<v1::Command, v1::Event>* RunTrial(
      grpc::CallbackServerContext* context) override {
    const absl::Status permitted = Permit(*context);
    if (!permitted.ok()) return new RefusedCall<v1::Command, v1::Event>(permitted);
    context->AddTrailingMetadata(kToldByAgent, "1");
    return new TrialCall(*context, clock_, slot_, limits_, guard_, counters_);
  }

  void AbortTrial() { slot_.Abort(absl::CancelledError("the agent is shutting down")); }

 private:
  absl::Status Permit(const grpc::CallbackServerContext& context) const {
    return check_roles_ ? CheckRole(*context.auth_context(), kCoordinatorRole) : absl::OkStatus();
  }

  absl::Status DiagnoseFor(const grpc::CallbackServerContext& context,
                           const v1::DiagnoseRequest& request, v1::Diagnosis& diagnosis) {
    RETURN_IF_ERROR(Permit(context));
    ASSIGN_OR_RETURN(diagnosis, copycost::Diagnose(request, host_.Describe(), limits_));
    return absl::OkStatus();
  }

  absl::Status InspectFor(const grpc::CallbackServerContext& context,
                          const v1::InspectRequest& request, v1::HostState& state) {
    RETURN_IF_ERROR(Permit(context));
    ASSIGN_OR_RETURN(state, InspectHost(request));
    return absl::OkStatus();
  }

  Clock& clock_;
  const Limits limits_;
  LinkGuard* const guard_;
  const bool check_roles_;  // clients have proved certificates
  PerfCounters counters_;
  HostInfo host_;  // modes are tried here, before anything is served
  copycost::Hold hold_;
  TrialSlot slot_;
};

absl::Status CheckAddress(const AgentServer::Options& options) {
  const size_t colon = options.listen.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(options.listen.substr(colon + 1), &port) || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen: '", options.listen, "' is none of HOST:PORT, unix:PATH and fd:NUMBER"));
  }
  if (options.insecure || options.tls.any() || IsLoopbackHost(options.listen.substr(0, colon))) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "--listen: ", options.listen,
      " is not a loopback address, and anyone who reaches it could make this host send traffic; "
      "show certificates (--tls-ca, --tls-cert, --tls-key), or add --insecure if the network is "
      "yours alone"));
}

bool IsConnectedStream(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return false;
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof(peer);
  return type == SOCK_STREAM &&
         ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
}

// gRPC wants a connected, non-blocking stream socket.
absl::StatusOr<int> InheritedSocket(absl::string_view number) {
  int fd = -1;
  if (!absl::SimpleAtoi(number, &fd) || fd < 3 || !IsConnectedStream(fd)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--listen: fd:", number, " is not an inherited, connected stream socket"));
  }
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return ErrnoStatus("fcntl");
  }
  return fd;
}

}  // namespace

struct AgentServer::Serving {
  Serving(Clock& clock, const Options& options) : service(clock, options) {}

  AgentService service;
  std::unique_ptr<grpc::Server> server;
};

AgentServer::AgentServer(Clock& clock, const Options& options)
    : serving_(std::make_unique<Serving>(clock, options)) {}

AgentServer::~AgentServer() {
  serving_->service.AbortTrial();
  if (serving_->server == nullptr) return;
  serving_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  serving_->server->Wait();
}

absl::StatusOr<std::unique_ptr<AgentServer>> AgentServer::Start(const Options& options,
                                                                Clock& clock) {
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (options.insecure && options.tls.any()) {
    return absl::InvalidArgumentError("--insecure: excluded by --tls-ca, --tls-cert and --tls-key");
  }
  if (options.tls.any()) {
    ASSIGN_OR_RETURN(credentials, MakeServerCredentials(options.tls));
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<AgentServer> agent(new AgentServer(clock, options));
  grpc::ServerBuilder builder;
  LimitServer(builder);
  builder.RegisterService(&agent->serving_->service);

  absl::string_view number = options.listen;
  const bool inherited = absl::ConsumePrefix(&number, "fd:");
  const bool unix_socket = absl::StartsWith(options.listen, "unix:");
  int fd = -1;
  int port = 0;
  if (inherited) {
    if (options.tls.any()) {
      return absl::InvalidArgumentError(
          "--tls-ca: not for an inherited socket, which is its owner's");
    }
    ASSIGN_OR_RETURN(fd, InheritedSocket(number));
  } else {
    if (!unix_socket) RETURN_IF_ERROR(CheckAddress(options));
    // One agent an address: two that share a port would share the trials, too.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    WatchConnections(builder);
    builder.AddListeningPort(options.listen, credentials, &port);
  }
  agent->serving_->server = builder.BuildAndStart();
  if (agent->serving_->server == nullptr || (!inherited && port == 0)) {
    return absl::UnavailableError(
        absl::StrCat("--listen: cannot listen on ", options.listen,
                     "; is another agent there, or is the address not this host's?"));
  }
  if (inherited) grpc::AddInsecureChannelFromFd(agent->serving_->server.get(), fd);
  agent->address_ =
      inherited || unix_socket
          ? options.listen
          : absl::StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  return agent;
}

}  // namespace copycost
