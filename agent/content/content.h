// What is written into messages, and what is done with what arrives. Measurement and verification
// run the same senders and receivers; only the Content and the Sink differ.
//
// Each flow has its own; called by its data thread only.
#ifndef COPYCOST_AGENT_CONTENT_CONTENT_H_
#define COPYCOST_AGENT_CONTENT_CONTENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// The fields of one message, in stream order.
using Fields = absl::Span<const absl::Span<std::byte>>;

class Content {
 public:
  virtual ~Content() = default;

  // Writes message number `message` (from 0) into `fields`.
  virtual void Fill(uint64_t message, Fields fields) = 0;

  virtual v1::Touch touch() const = 0;

  // Whether Fill writes anything. Without, a message may be made once and sent again and again.
  bool changes() const { return touch() != v1::TOUCH_NONE; }

  // Bytes written by Fill so far.
  uint64_t touched_bytes() const { return touched_bytes_; }

 protected:
  uint64_t touched_bytes_ = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;

  // Takes the stream's bytes [offset, offset + bytes.size()). Every byte of the stream passes once,
  // in order. DataLoss names the first byte that is not what was sent.
  virtual absl::Status Take(uint64_t offset, absl::Span<const std::byte> bytes) = 0;

  virtual v1::Read read() const = 0;

  // Bytes read by Take so far, and of these, bytes found equal to what was sent.
  uint64_t read_bytes() const { return read_bytes_; }
  virtual uint64_t verified_bytes() const { return 0; }

 protected:
  uint64_t read_bytes_ = 0;
};

// `seed` decides the bytes of TOUCH_VERIFY and must be the same on both sides of a flow.
// InvalidArgument for a touch or read this build does not know.
absl::StatusOr<std::unique_ptr<Content>> MakeContent(v1::Touch touch, uint64_t seed);
absl::StatusOr<std::unique_ptr<Sink>> MakeSink(v1::Read read, uint64_t seed);

}  // namespace copycost

#endif  // COPYCOST_AGENT_CONTENT_CONTENT_H_
