#include "agent/data_thread.h"

#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/patterns/stream.h"
#include "common/buffer_axes.h"
#include "common/clock.h"
#include "common/mode_traits.h"
#include "common/stamped.h"
#include "common/status.h"

namespace copycost {
namespace {

// Flows of a trial carry different bytes, and responses others than requests.
uint64_t FlowSeed(uint64_t trial_seed, uint32_t flow) {
  return trial_seed ^ (uint64_t{flow} + 1) * 0x9e3779b97f4a7c15;
}
uint64_t ResponseSeed(uint64_t trial_seed, uint32_t flow) { return ~FlowSeed(trial_seed, flow); }

#ifndef __SANITIZE_THREAD__
// The descriptors between the two.
void CloseBetween(int low, int high) {
  if (low + 1 < high) {
    ::close_range(static_cast<unsigned>(low) + 1, static_cast<unsigned>(high) - 1, 0);
  }
}
#endif

// Gives the calling thread a table of open files of its own, with the standard streams and the
// flow's sockets in it. In a process of several threads the kernel counts references to a file in
// each system call on it, which costs tens of ns a call; for a thread that shares its table with
// nobody it does not
// (__fget_light in the kernel's fs/file.c). The others are closed at once: a copy of a descriptor
// would keep a connection open that another thread closes.
//
// Where this is refused (a seccomp filter that does not know close_range) the thread shares the
// process's table, as any other.
//
// ThreadSanitizer knows one table only: it would take descriptors of two threads for the same.
void LeaveSharedFileTable([[maybe_unused]] const FlowSockets& sockets) {
#ifndef __SANITIZE_THREAD__
  const auto [first, last] = std::minmax(sockets.data, sockets.control);
  if (::close_range(static_cast<unsigned>(last) + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0) return;
  CloseBetween(std::max(first, STDERR_FILENO), last);
  CloseBetween(STDERR_FILENO, first);
#endif
}

StreamOptions StreamOptionsOf(const v1::Workload& workload) {
  return {.message_bytes = workload.message_bytes(), .messages = workload.messages_per_flow()};
}

ExchangeOptions ExchangeOptionsOf(const v1::Workload& workload) {
  return {.request_bytes = workload.message_bytes(),
          .response_bytes = workload.response_bytes(),
          .exchanges = workload.messages_per_flow(),
          .rate = workload.rate()};
}

MessageMemory MemoryOf(const v1::Workload& workload) {
  return {.working_set_bytes = workload.working_set_bytes(),
          .alignment_bytes = workload.alignment_bytes(),
          .huge_pages = workload.huge_pages()};
}

// `Result` is a FlowResult, or the Responses of one.
template <typename Result>
void TellBytes(uint64_t bytes, uint64_t message_bytes, Result& result) {
  result.set_total_bytes(bytes);
  result.set_total_messages(bytes / message_bytes);
}

// What kernel TLS did to the bytes that were sent, or taken. What went into a pipe was copied for
// certain.
void AddEncryption(const Transport& transport, uint64_t bytes, bool certain,
                   v1::Evidence& evidence) {
  if (!transport.encrypts()) return;
  evidence.set_transformed_bytes(bytes);
  if (certain) return;
  evidence.set_uncertain_copied_bytes(evidence.kernel_copied_bytes() +
                                      evidence.receive_copied_bytes());
}

template <typename Result>
absl::Status TellEvidence(const Transport& transport, v1::SendMode mode, WayOut& out,
                          Result& result) {
  ASSIGN_OR_RETURN(*result.mutable_evidence(), out.TakeEvidence());
  AddEncryption(transport, result.total_bytes(), LendsPages(mode), *result.mutable_evidence());
  return absl::OkStatus();
}

template <typename Result>
void TellEvidence(const Transport& transport, WayIn& in, Result& result) {
  *result.mutable_evidence() = in.TakeEvidence();
  AddEncryption(transport, result.total_bytes(), false, *result.mutable_evidence());
  result.set_verified_bytes(in.verified_bytes());
}

}  // namespace

DataThread::DataThread(Options options)
    : options_(std::move(options)),
      meter_(options_.gate),
      reuse_(meter_),
      thread_([this] { Main(); }) {}

DataThread::~DataThread() {
  Abort();
  Join();
}

void DataThread::Abort() {
  // One that this agent does not know has failed to prepare.
  const auto transport = FindTransport(options_.workload.transport());
  if (transport.ok()) (*transport)->Abort(sockets());
}

void DataThread::Join() {
  options_.gate.Advance(Phase::kStop);  // it may still wait for the start
  if (thread_.joinable()) thread_.join();
}

bool DataThread::exchanges() const { return Exchanges(options_.workload.pattern()); }

void DataThread::Main() {
  LeaveSharedFileTable(sockets());
  if (options_.sender != nullptr) out_.emplace(std::move(options_.sender));
  if (options_.receiver != nullptr) in_.emplace(std::move(options_.receiver));
  const absl::Status prepared = Prepare();
  options_.on_ready(prepared);
  if (prepared.ok()) {
    options_.gate.AwaitStart();
    options_.on_done(RunAndConclude());
  }
  // Here, since what they opened is in this thread's table of files.
  out_.reset();
  in_.reset();
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
  ASSIGN_OR_RETURN(transport_, FindTransport(workload.transport()));
  applied_end_.set_flow(options_.end.flow());
  applied_end_.set_role(options_.end.role());
  RETURN_IF_ERROR(transport_->Open(socket, workload, options_.end, applied_end_));
  RETURN_IF_ERROR(transport_->Greet(socket, workload, options_.end));
  RETURN_IF_ERROR(OpenWays());
  RETURN_IF_ERROR(EchoWays());
  if (exchanges()) {
    EchoExchange(ExchangeOptionsOf(workload), options_.end.role(), echo_);
  } else {
    EchoStream(StreamOptionsOf(workload), echo_);
  }
  return transport_->Echo(socket, workload, echo_, applied_end_);
}

// Each way with the size of what goes it.
absl::Status DataThread::OpenWays() {
  const v1::Workload& workload = options_.workload;
  const uint32_t flow = options_.end.flow();
  FlowSpec messages = {.message_bytes = workload.message_bytes(),
                       .fields = workload.fields(),
                       .ring_depth = workload.ring_depth(),
                       .path = transport_->PathOf(applied_end_, options_.end.peer_on_same_host()),
                       .counters = meter_.counters(),
                       .reuse = begins() ? &reuse_ : nullptr,
                       .memory = MemoryOf(workload)};
  FlowSpec responses = messages;
  responses.message_bytes = workload.response_bytes();
  if (exchanges()) {
    responses.memory.working_set_bytes =
        WorkingSetOf(workload.working_set_bytes(), workload.response_bytes());
  }
  const bool stamped = IsStamped(workload) && options_.end.peer_on_same_host();
  if (stamped && !begins()) one_way_.emplace(messages.message_bytes);
  const uint64_t seed = FlowSeed(options_.content_seed, flow);
  const uint64_t response_seed = ResponseSeed(options_.content_seed, flow);
  const int socket = options_.socket.get();
  if (out_) {
    RETURN_IF_ERROR(out_->Open(begins() ? messages : responses, socket, workload.touch(),
                               begins() ? seed : response_seed, stamped && begins()));
  }
  if (in_) {
    RETURN_IF_ERROR(in_->Open(begins() ? responses : messages, socket, workload.read(),
                              begins() ? response_seed : seed, one_way_ ? &*one_way_ : nullptr));
  }
  return absl::OkStatus();
}

absl::Status DataThread::EchoWays() {
  v1::Workload sent;
  v1::Workload received;
  if (out_) out_->Echo(sent);
  if (in_) in_->Echo(received);
  if (exchanges()) {
    // Modes know messages only.
    v1::Workload& responses = begins() ? received : sent;
    responses.set_response_bytes(responses.message_bytes());
    responses.clear_message_bytes();
    responses.clear_working_set_bytes();
  }
  if (sent.fields() != 0 && received.fields() != 0 && sent.fields() != received.fields()) {
    return absl::DataLossError(
        absl::StrCat("one way has ", sent.fields(), " fields, the other ", received.fields()));
  }
  echo_.MergeFrom(sent);
  echo_.MergeFrom(received);
  return absl::OkStatus();
}

absl::Status DataThread::RunPattern() {
  if (exchanges()) {
    const ExchangeOptions options = ExchangeOptionsOf(options_.workload);
    const ExchangeEnd end = {
        .sender = out_->sender(), .receiver = in_->receiver(), .meter = meter_};
    ASSIGN_OR_RETURN(totals_, begins() ? Request(options, end, latency_)
                                       : Answer(options, end, one_way_ ? &*one_way_ : nullptr));
    return absl::OkStatus();
  }
  StreamOptions options = StreamOptionsOf(options_.workload);
  if (options_.control.valid() && options.messages > 0) {
    options.credit = &credit_.emplace(options_.control.get());
  }
  RETURN_IF_ERROR(begins() ? StreamSend(options, out_->sender(), meter_)
                           : StreamReceive(options, in_->receiver(), meter_));
  totals_.request_bytes = meter_.counters().bytes.Get();
  return absl::OkStatus();
}

// The end that begins ends the stream, once what it sent needs it no more; the other then does.
absl::Status DataThread::RunAndConclude() {
  RETURN_IF_ERROR(RunPattern());
  if (!begins()) meter_.Look();
  const absl::Time deadline = absl::FromUnixNanos(MonotonicNanos()) + options_.drain_limit;
  if (out_) RETURN_IF_ERROR(out_->sender().Drain(deadline));
  if (begins()) {
    // Evidence comes last: before everything is acknowledged there may be retransmissions to come.
    RETURN_IF_ERROR(transport_->EndSending(sockets(), deadline));
  } else {
    RETURN_IF_ERROR(transport_->EndReceiving(sockets()));
  }
  return Conclude();
}

absl::Status DataThread::Conclude() {
  const v1::SendMode mode = options_.workload.send_mode();
  RETURN_IF_ERROR(transport_->Tell(options_.socket.get(), result_));
  result_.set_flow(options_.end.flow());
  result_.set_role(options_.end.role());
  TellBytes(totals_.request_bytes, options_.workload.message_bytes(), result_);
  if (begins()) {
    RETURN_IF_ERROR(TellEvidence(*transport_, mode, *out_, result_));
  } else {
    TellEvidence(*transport_, *in_, result_);
  }
  if (options_.workload.messages_per_flow() == 0) TellTimes();
  if (!exchanges()) return absl::OkStatus();
  v1::Responses& responses = *result_.mutable_responses();
  TellBytes(totals_.response_bytes, options_.workload.response_bytes(), responses);
  if (!begins()) return TellEvidence(*transport_, mode, *out_, responses);
  TellEvidence(*transport_, *in_, responses);
  return absl::OkStatus();
}

// What was timed in the window.
void DataThread::TellTimes() {
  if (begins() && exchanges()) *result_.mutable_latency() = latency_.Tell();
  if (begins() && PinsBuffers(options_.workload.send_mode())) {
    *result_.mutable_buffer_reuse() = reuse_.Tell();
  }
  if (!one_way_) return;
  if (auto times = one_way_->Tell()) *result_.mutable_one_way() = *std::move(times);
}

}  // namespace copycost
