#include "agent/content/verify_pattern.h"

#include <algorithm>
#include <cstring>

namespace copycost {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
uint64_t WordAt(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Calls visit(word bytes, position in `size`, count) for each piece of [offset, offset + size) that
// lies within one word; stops when visit returns false.
template <typename Visit>
void ForEachPiece(uint64_t seed, uint64_t offset, size_t size, Visit visit) {
  size_t done = 0;
  while (done < size) {
    const uint64_t at = offset + done;
    const uint64_t word = WordAt(seed, at / kWord);
    const size_t skip = at % kWord;
    const size_t count = std::min<size_t>(kWord - skip, size - done);
    if (!visit(reinterpret_cast<const std::byte*>(&word) + skip, done, count)) return;
    done += count;
  }
}

}  // namespace

void WritePattern(uint64_t seed, uint64_t offset, absl::Span<std::byte> bytes) {
  ForEachPiece(seed, offset, bytes.size(), [&](const std::byte* word, size_t at, size_t count) {
    std::memcpy(bytes.data() + at, word, count);
    return true;
  });
}

std::optional<uint64_t> FindDifference(uint64_t seed, uint64_t offset,
                                       absl::Span<const std::byte> bytes) {
  std::optional<uint64_t> difference;
  ForEachPiece(seed, offset, bytes.size(), [&](const std::byte* word, size_t at, size_t count) {
    if (std::memcmp(bytes.data() + at, word, count) == 0) return true;
    const auto* first = std::mismatch(word, word + count, bytes.data() + at).first;
    difference = offset + at + static_cast<uint64_t>(first - word);
    return false;
  });
  return difference;
}

}  // namespace copycost
