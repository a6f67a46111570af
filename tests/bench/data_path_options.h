// The command line of copycost_bench_data_path.
#ifndef COPYCOST_TESTS_BENCH_DATA_PATH_OPTIONS_H_
#define COPYCOST_TESTS_BENCH_DATA_PATH_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "copycost/v1/experiment.pb.h"
#include "tests/bench/comparison.h"
#include "tests/bench/peers.h"

namespace copycost::bench {

inline constexpr char kAgainstBare[] = "bare";
inline constexpr char kAgainstProduct[] = "product";

struct DataPathOptions {
  std::string against;         // "bare", "product" or a peer's name
  const Peer* peer = nullptr;  // null: against none
  // As asked; ring depth and, for some peers, congestion control are still open.
  std::vector<v1::Workload> workloads;
  uint32_t pairs = 0;
  uint32_t rounds = 1;
  uint64_t seed = 0;
  uint64_t receive_buffer = 0;  // bytes; 0: as TCP sizes it
  uint32_t mtu = 0;             // 0: as the veth pair has it
  Criterion criterion{};
  bool json = false;
  bool share_host = false;
  std::string agent_binary;
  std::string answer;  // to print instead of measuring (--help)
};

// InvalidArgument names the flag.
absl::StatusOr<DataPathOptions> ParseDataPathOptions(int argc, const char* const* argv);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_DATA_PATH_OPTIONS_H_
