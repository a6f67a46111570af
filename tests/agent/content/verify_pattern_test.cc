#include "agent/content/verify_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <vector>

namespace copycost {
namespace {

using ::testing::Optional;

constexpr uint64_t kPatternSeed = 42;

std::vector<std::byte> Pattern(uint64_t seed, uint64_t offset, size_t size) {
  std::vector<std::byte> bytes(size);
  WritePattern(seed, offset, absl::MakeSpan(bytes));
  return bytes;
}

TEST(VerifyPatternTest, PiecesOfAnySizeMakeTheSameStream) {
  const std::vector<std::byte> whole = Pattern(kPatternSeed, 0, 2000);
  std::mt19937 random(1);
  std::vector<std::byte> pieces;
  while (pieces.size() < whole.size()) {
    const size_t size = std::min<size_t>(random() % 20, whole.size() - pieces.size());
    const std::vector<std::byte> piece = Pattern(kPatternSeed, pieces.size(), size);
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(pieces, whole);
}

TEST(VerifyPatternTest, FindsNoDifferenceInWhatItWrote) {
  for (uint64_t offset : {0, 1, 7, 8, 1'000'003}) {
    EXPECT_EQ(FindDifference(kPatternSeed, offset, Pattern(kPatternSeed, offset, 100)),
              std::nullopt)
        << offset;
  }
}

TEST(VerifyPatternTest, NamesAnyFlippedBitByItsByteInTheStream) {
  constexpr uint64_t kOffset = 1'000'003;
  std::vector<std::byte> bytes = Pattern(kPatternSeed, kOffset, 40);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const std::byte flip{static_cast<unsigned char>(1 << i % 8)};
    bytes[i] ^= flip;
    EXPECT_THAT(FindDifference(kPatternSeed, kOffset, bytes), Optional(kOffset + i));
    bytes[i] ^= flip;
  }
}

TEST(VerifyPatternTest, NamesTheFirstOfSeveralDifferences) {
  std::vector<std::byte> bytes = Pattern(kPatternSeed, 0, 64);
  bytes[50] ^= std::byte{1};
  bytes[13] ^= std::byte{1};
  EXPECT_THAT(FindDifference(kPatternSeed, 0, bytes), Optional(13u));
}

TEST(VerifyPatternTest, OtherSeedsMakeOtherBytesFromTheFirstWordOn) {
  EXPECT_NE(Pattern(1, 0, 8), Pattern(2, 0, 8));
}

// Whatever the message size, no message looks like another one.
TEST(VerifyPatternTest, NoWordOccursTwice) {
  const std::vector<std::byte> bytes = Pattern(kPatternSeed, 0, 80'000);
  std::set<uint64_t> words;
  for (size_t at = 0; at < bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    EXPECT_TRUE(words.insert(word).second) << at;
  }
}

}  // namespace
}  // namespace copycost
