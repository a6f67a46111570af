#include "coordinator/experiment/shuffle.h"

#include <numeric>
#include <utility>

namespace copycost {

uint64_t SplitMix64::Next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t SplitMix64::Below(uint64_t bound) {
  // 2^64 mod bound: below it lie the draws that would favour small remainders.
  const uint64_t biased = -bound % bound;
  uint64_t drawn = Next();
  while (drawn < biased) drawn = Next();
  return drawn % bound;
}

std::vector<uint32_t> ShuffledOrder(uint32_t count, uint64_t seed, uint32_t block) {
  // The seed is mixed first, so that neighbouring seeds do not share blocks.
  SplitMix64 random(SplitMix64(seed).Next() ^ block);
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return order;
}

}  // namespace copycost
