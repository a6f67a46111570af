#include "agent/flow_way.h"

#include "common/status.h"

namespace copycost {

absl::Status WayOut::Open(const FlowSpec& flow, int socket, v1::Touch touch, uint64_t seed,
                          bool stamped) {
  ASSIGN_OR_RETURN(content_, MakeContent(touch, seed));
  if (stamped) content_ = MakeStampingContent(std::move(content_));
  return sender_->Open(flow, socket, *content_);
}

void WayOut::Echo(v1::Workload& applied) const {
  sender_->Echo(applied);
  applied.set_touch(content_->touch());
}

absl::StatusOr<v1::Evidence> WayOut::TakeEvidence() {
  ASSIGN_OR_RETURN(v1::Evidence evidence, sender_->TakeEvidence());
  evidence.set_touched_bytes(content_->touched_bytes());
  return evidence;
}

absl::Status WayIn::Open(const FlowSpec& flow, int socket, v1::Read read, uint64_t seed,
                         OneWayLatency* one_way) {
  ASSIGN_OR_RETURN(sink_, MakeSink(read, seed));
  if (one_way != nullptr) sink_ = MakeStampSink(std::move(sink_), *one_way);
  return receiver_->Open(flow, socket, *sink_);
}

void WayIn::Echo(v1::Workload& applied) const {
  receiver_->Echo(applied);
  applied.set_read(sink_->read());
}

v1::Evidence WayIn::TakeEvidence() {
  v1::Evidence evidence = receiver_->TakeEvidence();
  evidence.set_read_bytes(sink_->read_bytes());
  return evidence;
}

}  // namespace copycost
