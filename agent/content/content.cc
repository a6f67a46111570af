#include "agent/content/content.h"

#include <cstring>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "agent/content/verify_pattern.h"

namespace copycost {
namespace {

ABSL_ATTRIBUTE_NOINLINE void SetBytes(absl::Span<std::byte> bytes, uint64_t message) {
  // Never zero: a page that was only ever zero may be the zero page.
  std::memset(bytes.data(), static_cast<int>(message % 255 + 1), bytes.size());
  ABSL_BLOCK_TAIL_CALL_OPTIMIZATION();
}

// A symbol of its own, so that a profile tells touching from staging. memset makes no frame, so
// that whoever calls it is not seen by what follows frame pointers: this one, its caller, is.
ABSL_ATTRIBUTE_NOINLINE void TouchBytes(absl::Span<std::byte> bytes, uint64_t message) {
  SetBytes(bytes, message);
  ABSL_BLOCK_TAIL_CALL_OPTIMIZATION();
}

class NoContent final : public Content {
 public:
  void Fill(uint64_t, Fields) override {}
  v1::Touch touch() const override { return v1::TOUCH_NONE; }
};

class HeaderContent final : public Content {
 public:
  void Fill(uint64_t message, Fields fields) override {
    const size_t size = std::min(sizeof(message), fields[0].size());
    std::memcpy(fields[0].data(), &message, size);
    touched_bytes_ += size;
  }
  v1::Touch touch() const override { return v1::TOUCH_HEADER; }
};

class FieldsContent final : public Content {
 public:
  void Fill(uint64_t message, Fields fields) override {
    for (const absl::Span<std::byte> field : fields) {
      TouchBytes(field, message);
      touched_bytes_ += field.size();
    }
  }
  v1::Touch touch() const override { return v1::TOUCH_FIELDS; }
};

class VerifyContent final : public Content {
 public:
  explicit VerifyContent(uint64_t seed) : seed_(seed) {}

  void Fill(uint64_t, Fields fields) override {
    for (const absl::Span<std::byte> field : fields) {
      // Messages follow each other without gaps, so what was touched is the stream offset.
      WritePattern(seed_, touched_bytes_, field);
      touched_bytes_ += field.size();
    }
  }
  v1::Touch touch() const override { return v1::TOUCH_VERIFY; }

 private:
  const uint64_t seed_;
};

class NoSink final : public Sink {
 public:
  absl::Status Take(uint64_t, absl::Span<const std::byte>) override { return absl::OkStatus(); }
  v1::Read read() const override { return v1::READ_NONE; }
};

ABSL_ATTRIBUTE_NOINLINE uint64_t SumBytes(absl::Span<const std::byte> bytes) {
  uint64_t sum = 0;
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    sum += word;
  }
  for (; at < bytes.size(); ++at) sum += std::to_integer<uint64_t>(bytes[at]);
  return sum;
}

class ChecksumSink final : public Sink {
 public:
  absl::Status Take(uint64_t, absl::Span<const std::byte> bytes) override {
    sum_ = sum_ + SumBytes(bytes);
    read_bytes_ += bytes.size();
    return absl::OkStatus();
  }
  v1::Read read() const override { return v1::READ_CHECKSUM; }

 private:
  // Volatile, or the loads could be optimised away with the unused sum.
  volatile uint64_t sum_ = 0;
};

class VerifySink final : public Sink {
 public:
  explicit VerifySink(uint64_t seed) : seed_(seed) {}

  absl::Status Take(uint64_t offset, absl::Span<const std::byte> bytes) override {
    read_bytes_ += bytes.size();
    if (offset != verified_bytes_) {
      return absl::DataLossError(absl::StrCat("the receive mode delivered offset ", offset,
                                              " where ", verified_bytes_, " was due"));
    }
    if (const auto difference = FindDifference(seed_, offset, bytes)) {
      return absl::DataLossError(
          absl::StrCat("byte ", *difference, " of the stream is not what was sent"));
    }
    verified_bytes_ += bytes.size();
    return absl::OkStatus();
  }
  v1::Read read() const override { return v1::READ_VERIFY; }
  uint64_t verified_bytes() const override { return verified_bytes_; }

 private:
  const uint64_t seed_;
  uint64_t verified_bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Content>> MakeContent(v1::Touch touch, uint64_t seed) {
  switch (touch) {
    case v1::TOUCH_NONE:
      return std::make_unique<NoContent>();
    case v1::TOUCH_HEADER:
      return std::make_unique<HeaderContent>();
    case v1::TOUCH_FIELDS:
      return std::make_unique<FieldsContent>();
    case v1::TOUCH_VERIFY:
      return std::make_unique<VerifyContent>(seed);
    default:
      return absl::InvalidArgumentError(absl::StrCat("workload.touch: unknown value ", touch));
  }
}

absl::StatusOr<std::unique_ptr<Sink>> MakeSink(v1::Read read, uint64_t seed) {
  switch (read) {
    case v1::READ_NONE:
      return std::make_unique<NoSink>();
    case v1::READ_CHECKSUM:
      return std::make_unique<ChecksumSink>();
    case v1::READ_VERIFY:
      return std::make_unique<VerifySink>(seed);
    default:
      return absl::InvalidArgumentError(absl::StrCat("workload.read: unknown value ", read));
  }
}

}  // namespace copycost
