#include "agent/measure/one_way_latency.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

class StampingContent final : public Content {
 public:
  explicit StampingContent(std::unique_ptr<Content> content) : content_(std::move(content)) {}

  void Fill(uint64_t message, Fields fields) override {
    content_->Fill(message, fields);
    touched_bytes_ = content_->touched_bytes();
    const int64_t now = MonotonicNanos();
    static_assert(sizeof(now) == kStampBytes);
    std::memcpy(fields[0].data(), &now, sizeof(now));
  }
  v1::Touch touch() const override { return content_->touch(); }

 private:
  const std::unique_ptr<Content> content_;
};

class StampSink final : public Sink {
 public:
  StampSink(std::unique_ptr<Sink> sink, OneWayLatency& latency)
      : sink_(std::move(sink)), latency_(latency) {}

  absl::Status Take(uint64_t offset, absl::Span<const std::byte> bytes) override {
    latency_.See(offset, bytes);
    RETURN_IF_ERROR(sink_->Take(offset, bytes));
    read_bytes_ = sink_->read_bytes();
    return absl::OkStatus();
  }
  v1::Read read() const override { return sink_->read(); }
  uint64_t verified_bytes() const override { return sink_->verified_bytes(); }

 private:
  const std::unique_ptr<Sink> sink_;
  OneWayLatency& latency_;
};

}  // namespace

std::unique_ptr<Content> MakeStampingContent(std::unique_ptr<Content> content) {
  return std::make_unique<StampingContent>(std::move(content));
}

std::unique_ptr<Sink> MakeStampSink(std::unique_ptr<Sink> sink, OneWayLatency& latency) {
  return std::make_unique<StampSink>(std::move(sink), latency);
}

void OneWayLatency::See(uint64_t offset, absl::Span<const std::byte> bytes) {
  const uint64_t begin = offset % message_bytes_;
  if (begin >= stamp_.size()) return;
  const size_t count = std::min<size_t>(stamp_.size() - begin, bytes.size());
  std::copy_n(bytes.begin(), count, stamp_.begin() + static_cast<ptrdiff_t>(begin));
}

void OneWayLatency::Taken(const FlowMeter& meter) {
  int64_t made;
  std::memcpy(&made, stamp_.data(), sizeof(made));
  const int64_t now = MonotonicNanos();
  if (made > now) clocks_differ_ = true;
  if (!clocks_differ_ && meter.InWindow(made, now))
    times_.Record(static_cast<uint64_t>(now - made));
}

std::optional<v1::LatencyHistogram> OneWayLatency::Tell() const {
  if (clocks_differ_) return std::nullopt;
  return times_.Tell();
}

}  // namespace copycost
