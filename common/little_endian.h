// Numbers as bytes, the least significant first: how ends of a flow tell them to each other.
#ifndef COPYCOST_COMMON_LITTLE_ENDIAN_H_
#define COPYCOST_COMMON_LITTLE_ENDIAN_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace copycost {

// As many bytes of the number as there is room for, at most 8.
inline void StoreLittleEndian(uint64_t number, absl::Span<std::byte> to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::byte>(number >> (8 * i));
}

inline uint64_t LoadLittleEndian(absl::Span<const std::byte> from) {
  uint64_t number = 0;
  for (size_t i = 0; i < from.size(); ++i) number |= std::to_integer<uint64_t>(from[i]) << (8 * i);
  return number;
}

}  // namespace copycost

#endif  // COPYCOST_COMMON_LITTLE_ENDIAN_H_
