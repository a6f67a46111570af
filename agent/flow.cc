#include "agent/flow.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/patterns/stream.h"
#include "agent/transport/inet_socket.h"
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

StreamOptions StreamOptionsOf(const v1::Workload& workload) {
  return {.message_bytes = workload.message_bytes(), .messages = workload.messages_per_flow()};
}

Flow::Flow(Parts parts, const Trial& trial)
    : parts_(std::move(parts)), trial_(trial), meter_(trial.gate), reuse_(meter_) {
  if (parts_.sender != nullptr) out_.emplace(std::move(parts_.sender));
  if (parts_.receiver != nullptr) in_.emplace(std::move(parts_.receiver));
}

void Flow::Abort() {
  // One that this agent does not know has failed to prepare.
  const auto transport = FindTransport(workload().transport());
  if (transport.ok()) (*transport)->Abort(sockets());
}

bool Flow::exchanges() const { return Exchanges(workload().pattern()); }

absl::Status Flow::Meet(const Place& place) {
  const int socket = parts_.socket.get();
  RETURN_IF_ERROR(meter_.Adopt(::pthread_self()));
  ASSIGN_OR_RETURN(transport_, FindTransport(workload().transport()));
  applied_end_.set_flow(parts_.end.flow());
  applied_end_.set_role(parts_.end.role());
  applied_end_.set_cpu(place.cpu);
  applied_end_.set_thread(place.thread);
  RETURN_IF_ERROR(transport_->Open(socket, workload(), parts_.end, applied_end_));
  return transport_->Greet(socket, workload(), parts_.end);
}

void Flow::FollowedPacketsTo(uint32_t cpu) {
  applied_end_.set_cpu(cpu);
  applied_end_.set_incoming_cpu(cpu);
  echo_.set_placement(v1::PLACEMENT_INCOMING_CPU);
}

absl::Status Flow::Open() {
  RETURN_IF_ERROR(OpenWays());
  RETURN_IF_ERROR(EchoWays());
  if (exchanges()) {
    EchoExchange(ExchangeOptionsOf(workload()), parts_.end.role(), echo_);
  } else {
    EchoStream(StreamOptionsOf(workload()), echo_);
  }
  return transport_->Echo(parts_.socket.get(), workload(), echo_, applied_end_);
}

// Each way with the size of what goes it.
absl::Status Flow::OpenWays() {
  FlowSpec messages = {.message_bytes = workload().message_bytes(),
                       .fields = workload().fields(),
                       .ring_depth = workload().ring_depth(),
                       .path = transport_->PathOf(applied_end_, parts_.end.peer_on_same_host()),
                       .counters = meter_.counters(),
                       .reuse = begins() ? &reuse_ : nullptr,
                       .extra_copies = workload().extra_copies(),
                       .memory = MemoryOf(workload())};
  FlowSpec responses = messages;
  responses.message_bytes = workload().response_bytes();
  if (exchanges()) {
    responses.memory.working_set_bytes =
        WorkingSetOf(workload().working_set_bytes(), workload().response_bytes());
  }
  const bool stamped = IsStamped(workload()) && parts_.end.peer_on_same_host();
  if (stamped && !begins()) one_way_.emplace(messages.message_bytes);
  const uint64_t seed = FlowSeed(trial_.content_seed, parts_.end.flow());
  const uint64_t response_seed = ResponseSeed(trial_.content_seed, parts_.end.flow());
  const int socket = parts_.socket.get();
  if (out_) {
    RETURN_IF_ERROR(out_->Open(begins() ? messages : responses, socket, workload().touch(),
                               begins() ? seed : response_seed, stamped && begins()));
  }
  if (in_) {
    RETURN_IF_ERROR(in_->Open(begins() ? responses : messages, socket, workload().read(),
                              begins() ? response_seed : seed, one_way_ ? &*one_way_ : nullptr));
  }
  return absl::OkStatus();
}

absl::Status Flow::EchoWays() {
  v1::Workload sent;
  v1::Workload received;
  if (out_) out_->Echo(sent);
  if (in_) in_->Echo(received);
  if (exchanges()) {
    // Modes know messages only.
    v1::Workload& responses = begins() ? received : sent;
    responses.set_response_bytes(responses.message_bytes());
    responses.clear_message_bytes();
    RETURN_IF_ERROR(CheckWorkingSet(responses));
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

// Of the responses, for which a workload has no field of its own.
absl::Status Flow::CheckWorkingSet(const v1::Workload& responses) const {
  const uint64_t asked = WorkingSetOf(workload().working_set_bytes(), workload().response_bytes());
  const uint64_t applied = responses.working_set_bytes();  // 0: it has no buffers to go through
  if (applied == 0 || applied == asked) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("responses go through ", applied, " bytes where ", asked, " were asked"));
}

absl::Status Flow::Run() {
  if (exchanges()) {
    const ExchangeOptions options = ExchangeOptionsOf(workload());
    const ExchangeEnd end = {
        .sender = out_->sender(), .receiver = in_->receiver(), .meter = meter_};
    ASSIGN_OR_RETURN(totals_, begins() ? Request(options, end, latency_)
                                       : Answer(options, end, one_way_ ? &*one_way_ : nullptr));
    return absl::OkStatus();
  }
  StreamOptions options = StreamOptionsOf(workload());
  options.credit = OpenCredit();
  return begins() ? StreamSend(options, out_->sender(), meter_)
                  : StreamReceive(options, in_->receiver(), meter_);
}

SendingFlow Flow::sending_flow() {
  return {.number = parts_.end.flow(),
          .socket = parts_.socket.get(),
          .sender = out_->sender(),
          .meter = meter_,
          .credit = OpenCredit()};
}

ReceivingFlow Flow::receiving_flow() {
  return {.number = parts_.end.flow(),
          .socket = parts_.socket.get(),
          .receiver = in_->receiver(),
          .meter = meter_,
          .credit = OpenCredit(),
          .on_end = nullptr};
}

// Null where nothing but the socket holds a stream back.
Credit* Flow::OpenCredit() {
  if (!parts_.control.valid() || workload().messages_per_flow() == 0) return nullptr;
  return &credit_.emplace(parts_.control.get());
}

absl::Status Flow::End(absl::Time deadline) {
  if (!begins()) {
    meter_.Look();
    // Noticed here, since another flow of the thread may still read this one's meter.
    if (workload().messages_per_flow() == 0 && !meter_.IsOver(MonotonicNanos())) {
      return absl::UnavailableError("ended before its window closed");
    }
  }
  // Before this end says anything: the answer to that is a packet, too.
  if (const auto cpu = IncomingCpu(parts_.socket.get())) result_.set_incoming_cpu(*cpu);
  if (out_) RETURN_IF_ERROR(out_->sender().Drain(deadline));
  return begins() ? transport_->EndSending(sockets(), deadline)
                  : transport_->EndReceiving(sockets());
}

// Evidence comes last: before everything is acknowledged there may be retransmissions to come.
absl::Status Flow::Conclude() {
  const v1::SendMode mode = workload().send_mode();
  RETURN_IF_ERROR(transport_->Tell(parts_.socket.get(), result_));
  result_.set_flow(parts_.end.flow());
  result_.set_role(parts_.end.role());
  TellBytes(exchanges() ? totals_.request_bytes : meter_.counters().bytes.Get(),
            workload().message_bytes(), result_);
  if (begins()) {
    RETURN_IF_ERROR(TellEvidence(*transport_, mode, *out_, result_));
  } else {
    TellEvidence(*transport_, *in_, result_);
  }
  if (workload().messages_per_flow() == 0) TellTimes();
  if (!exchanges()) return absl::OkStatus();
  v1::Responses& responses = *result_.mutable_responses();
  TellBytes(totals_.response_bytes, workload().response_bytes(), responses);
  if (!begins()) return TellEvidence(*transport_, mode, *out_, responses);
  TellEvidence(*transport_, *in_, responses);
  return absl::OkStatus();
}

// What was timed in the window.
void Flow::TellTimes() {
  if (begins() && exchanges()) *result_.mutable_latency() = latency_.Tell();
  if (begins() && PinsBuffers(workload().send_mode())) {
    *result_.mutable_buffer_reuse() = reuse_.Tell();
  }
  if (!one_way_) return;
  if (auto times = one_way_->Tell()) *result_.mutable_one_way() = *std::move(times);
}

absl::Status Flow::ReadTcp(FlowMeter::Edge edge) {
  auto& reading = edge == FlowMeter::Edge::kOpen ? tcp_opened_ : tcp_closed_;
  ASSIGN_OR_RETURN(reading, transport_->ReadTcp(parts_.socket.get()));
  return absl::OkStatus();
}

void Flow::TellTcp(v1::FlowResult& result) const {
  if (!tcp_opened_ || !tcp_closed_) return;
  *result.mutable_tcp_opened() = *tcp_opened_;
  *result.mutable_tcp_closed() = *tcp_closed_;
}

void Flow::Close() {
  out_.reset();
  in_.reset();
}

}  // namespace copycost
