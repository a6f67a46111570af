#include "tests/bench/product_messages.h"

#include <pthread.h>

#include "absl/time/time.h"
#include "agent/flow_spec.h"
#include "agent/patterns/stream.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "common/status.h"
#include "tests/bench/null_socket.h"

namespace copycost::bench {
namespace {

constexpr int64_t kNeverNs = int64_t{1} << 62;

FlowSpec SpecOf(const MessageShape& shape, MeteredFlow& flow) {
  return {.message_bytes = shape.bytes,
          .fields = shape.fields,
          .ring_depth = shape.ring_depth,
          .path = DataPath::kLocalDelivery,
          .counters = flow.meter().counters()};
}

}  // namespace

MeteredFlow::MeteredFlow() : gate_(clock_), meter_(gate_) {
  meter_.Schedule(kNeverNs, kNeverNs, flows_);
  gate_.Advance(Phase::kRunning);
}

absl::StatusOr<std::unique_ptr<ProductSender>> ProductSender::Create(v1::SendMode mode,
                                                                     const MessageShape& shape) {
  auto end = std::make_unique<ProductSender>();
  end->message_bytes_ = shape.bytes;
  RETURN_IF_ERROR(end->flow_.meter().Adopt(::pthread_self()));
  ASSIGN_OR_RETURN(end->sender_, MakeSender(mode));
  ASSIGN_OR_RETURN(end->content_, MakeContent(v1::TOUCH_NONE, 0));
  RETURN_IF_ERROR(end->sender_->Open(SpecOf(shape, end->flow_), kNullSocket, *end->content_));
  return end;
}

absl::Status ProductSender::Send(uint64_t messages) {
  return StreamSend({.message_bytes = message_bytes_, .messages = messages}, *sender_,
                    flow_.meter());
}

absl::StatusOr<std::unique_ptr<ProductReceiver>> ProductReceiver::Create(
    v1::ReceiveMode mode, const MessageShape& shape) {
  auto end = std::make_unique<ProductReceiver>();
  end->message_bytes_ = shape.bytes;
  RETURN_IF_ERROR(end->flow_.meter().Adopt(::pthread_self()));
  ASSIGN_OR_RETURN(end->receiver_, MakeReceiver(mode));
  ASSIGN_OR_RETURN(end->sink_, MakeSink(v1::READ_NONE, 0));
  RETURN_IF_ERROR(end->receiver_->Open(SpecOf(shape, end->flow_), kNullSocket, *end->sink_));
  return end;
}

absl::Status ProductReceiver::Receive() {
  return StreamReceive({.message_bytes = message_bytes_, .messages = 0}, *receiver_, flow_.meter());
}

}  // namespace copycost::bench
