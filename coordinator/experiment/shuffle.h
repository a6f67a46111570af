// The order of cells in a block: the same on every platform and in every version, since resuming a
// run derives it again. std::shuffle and std::uniform_int_distribution promise neither.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_SHUFFLE_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_SHUFFLE_H_

#include <cstdint>
#include <vector>

namespace copycost {

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t Next();

  // Uniform in [0, bound). bound > 0.
  uint64_t Below(uint64_t bound);

 private:
  uint64_t state_;
};

// The numbers 0 to count - 1 in the order of this block.
std::vector<uint32_t> ShuffledOrder(uint32_t count, uint64_t seed, uint32_t block);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_SHUFFLE_H_
