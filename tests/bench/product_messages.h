// One end of a flow of the product on the null socket, as its data thread runs it: the stream
// pattern with a mode, its counters, its looks at the gate and at the clock.
#ifndef COPYCOST_TESTS_BENCH_PRODUCT_MESSAGES_H_
#define COPYCOST_TESTS_BENCH_PRODUCT_MESSAGES_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/content/content.h"
#include "agent/measure/flow_meter.h"
#include "agent/measure/window_gate.h"
#include "agent/receive_modes/receiver.h"
#include "agent/send_modes/sender.h"
#include "common/clock.h"
#include "copycost/v1/copy_mode.pb.h"

namespace copycost::bench {

struct MessageShape {
  uint64_t bytes;
  uint32_t fields;
  uint32_t ring_depth;  // of modes that have one
};

// What both ends share: a gate that is open, and a window that never opens.
class MeteredFlow {
 public:
  MeteredFlow();
  FlowMeter& meter() { return meter_; }

 private:
  RealClock clock_;
  WindowGate gate_;
  FlowMeter meter_;
  FlowMeter* flows_[1] = {&meter_};
};

// Used by the thread that makes it; the socket is new. Touch none.
class ProductSender {
 public:
  static absl::StatusOr<std::unique_ptr<ProductSender>> Create(v1::SendMode mode,
                                                               const MessageShape& shape);
  absl::Status Send(uint64_t messages);

 private:
  MeteredFlow flow_;
  uint64_t message_bytes_ = 0;
  std::unique_ptr<Content> content_;
  std::unique_ptr<Sender> sender_;
};

// The same. Read none.
class ProductReceiver {
 public:
  static absl::StatusOr<std::unique_ptr<ProductReceiver>> Create(v1::ReceiveMode mode,
                                                                 const MessageShape& shape);
  // To the end of the stream.
  absl::Status Receive();

 private:
  MeteredFlow flow_;
  uint64_t message_bytes_ = 0;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Receiver> receiver_;
};

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_PRODUCT_MESSAGES_H_
