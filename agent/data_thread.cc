#include "agent/data_thread.h"

#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/link/data_interface.h"
#include "agent/transport/tcp.h"
#include "common/status.h"

namespace copycost {
namespace {

// Flows of a trial carry different bytes.
uint64_t FlowSeed(uint64_t trial_seed, uint32_t flow) {
  return trial_seed ^ (uint64_t{flow} + 1) * 0x9e3779b97f4a7c15;
}

// Gives the calling thread a table of open files of its own, with the standard streams and `socket`
// in it. In a process of several threads the kernel counts references to a file in each system call
// on it, which costs tens of ns a call; for a thread that shares its table with nobody it does not
// (__fget_light in the kernel's fs/file.c). The others are closed at once: a copy of a descriptor
// would keep a connection open that another thread closes.
//
// Where this is refused (a seccomp filter that does not know close_range) the thread shares the
// process's table, as any other.
void LeaveSharedFileTable(int socket) {
  const auto own = static_cast<unsigned>(socket);
  if (::close_range(own + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0) return;
  if (own > STDERR_FILENO + 1) ::close_range(STDERR_FILENO + 1, own - 1, 0);
}

StreamOptions StreamOptionsOf(const DataThread::Options& options) {
  return {.message_bytes = options.workload.message_bytes(),
          .messages = options.workload.messages_per_flow()};
}

}  // namespace

DataThread::DataThread(Options options)
    : options_(std::move(options)),
      meter_(options_.gate),
      stream_(StreamOptionsOf(options_)),
      thread_([this] { Main(); }) {}

DataThread::~DataThread() {
  Abort();
  Join();
}

void DataThread::Abort() { ::shutdown(options_.socket.get(), SHUT_RDWR); }

void DataThread::Join() {
  options_.gate.Advance(Phase::kStop);  // it may still wait for the start
  if (thread_.joinable()) thread_.join();
}

void DataThread::Main() {
  LeaveSharedFileTable(options_.socket.get());
  const absl::Status prepared = Prepare();
  options_.on_ready(prepared);
  if (prepared.ok()) {
    options_.gate.AwaitStart();
    options_.on_done(options_.sender != nullptr ? RunSender() : RunReceiver());
  }
  // Here, since what they opened is in this thread's table of files.
  options_.sender.reset();
  options_.receiver.reset();
}

absl::Status DataThread::BindToCpu() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(options_.end.cpu(), &cpus);
  const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof(cpus), &cpus);
  if (error != 0) return ErrnoStatus(error, absl::StrCat("bind to CPU ", options_.end.cpu()));
  CPU_ZERO(&cpus);
  ::pthread_getaffinity_np(::pthread_self(), sizeof(cpus), &cpus);
  for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) applied_end_.set_cpu(cpu);
  }
  return absl::OkStatus();
}

absl::Status DataThread::Prepare() {
  const int socket = options_.socket.get();
  const v1::Workload& workload = options_.workload;
  RETURN_IF_ERROR(meter_.Adopt(::pthread_self()));
  RETURN_IF_ERROR(BindToCpu());
  RETURN_IF_ERROR(PaceTcp(socket, workload.pacing_bits_per_s()));
  applied_end_.set_flow(options_.end.flow());
  applied_end_.set_role(options_.end.role());
  ASSIGN_OR_RETURN(*applied_end_.mutable_interface(), FindDataInterface(socket));
  const FlowSpec flow = {
      .message_bytes = workload.message_bytes(),
      .fields = workload.fields(),
      .ring_depth = workload.ring_depth(),
      .path = PathOver(applied_end_.interface(), options_.end.peer_on_same_host()),
      .counters = meter_.counters()};
  const uint64_t seed = FlowSeed(options_.content_seed, options_.end.flow());
  if (options_.sender != nullptr) {
    ASSIGN_OR_RETURN(content_, MakeContent(workload.touch(), seed));
    RETURN_IF_ERROR(options_.sender->Open(flow, socket, *content_));
    options_.sender->Echo(echo_);
    echo_.set_touch(content_->touch());
  } else {
    ASSIGN_OR_RETURN(sink_, MakeSink(workload.read(), seed));
    RETURN_IF_ERROR(options_.receiver->Open(flow, socket, *sink_));
    options_.receiver->Echo(echo_);
    echo_.set_read(sink_->read());
  }
  EchoStream(stream_, echo_);
  return EchoTcp(socket, echo_, applied_end_);
}

absl::Status DataThread::RunSender() {
  Sender& sender = *options_.sender;
  RETURN_IF_ERROR(StreamSend(stream_, sender, meter_));
  const absl::Time deadline = absl::FromUnixNanos(MonotonicNanos()) + options_.drain_limit;
  RETURN_IF_ERROR(sender.Drain(deadline));
  // Evidence comes last: before everything is acknowledged there may be retransmissions to come.
  RETURN_IF_ERROR(EndStream(options_.socket.get(), deadline));
  return Conclude(sender.TakeEvidence());
}

absl::Status DataThread::RunReceiver() {
  RETURN_IF_ERROR(StreamReceive(stream_, *options_.receiver, meter_));
  meter_.Look();
  // The sender waits for it.
  if (::shutdown(options_.socket.get(), SHUT_WR) != 0) return ErrnoStatus("shutdown");
  return Conclude(options_.receiver->TakeEvidence());
}

absl::Status DataThread::Conclude(absl::StatusOr<v1::Evidence> taken) {
  RETURN_IF_ERROR(taken.status());
  v1::Evidence& evidence = *taken;
  ASSIGN_OR_RETURN(const TcpState tcp, ReadTcpState(options_.socket.get()));
  result_.set_flow(options_.end.flow());
  result_.set_role(options_.end.role());
  result_.set_total_bytes(meter_.counters().bytes.Get());
  result_.set_total_messages(result_.total_bytes() / options_.workload.message_bytes());
  result_.set_retransmitted_segments(tcp.retransmitted_segments);
  result_.set_retransmitted_bytes(tcp.retransmitted_bytes);
  if (content_ != nullptr) evidence.set_touched_bytes(content_->touched_bytes());
  if (sink_ != nullptr) {
    evidence.set_read_bytes(sink_->read_bytes());
    result_.set_verified_bytes(sink_->verified_bytes());
  }
  *result_.mutable_evidence() = std::move(evidence);
  return absl::OkStatus();
}

}  // namespace copycost
