// The bytes of a verified stream. The eight bytes at stream offset 8k are a hash of (seed, k), so
// every byte depends on its position in the stream: a message that is repeated, dropped, shifted,
// reordered or rewritten too early shows, whatever its size.
#ifndef COPYCOST_AGENT_CONTENT_VERIFY_PATTERN_H_
#define COPYCOST_AGENT_CONTENT_VERIFY_PATTERN_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/types/span.h"

namespace copycost {

// Writes the stream's bytes from `offset` on.
void WritePattern(uint64_t seed, uint64_t offset, absl::Span<std::byte> bytes);

// The stream offset of the first byte that differs from the pattern, if any.
std::optional<uint64_t> FindDifference(uint64_t seed, uint64_t offset,
                                       absl::Span<const std::byte> bytes);

}  // namespace copycost

#endif  // COPYCOST_AGENT_CONTENT_VERIFY_PATTERN_H_
