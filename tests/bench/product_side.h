// copycost itself, as a run has it: two namespaces, an agent in each, held, and a driver that takes
// trials through them. Everything but plan, verification and records.
#ifndef COPYCOST_TESTS_BENCH_PRODUCT_SIDE_H_
#define COPYCOST_TESTS_BENCH_PRODUCT_SIDE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "coordinator/drive/trial_driver.h"
#include "coordinator/fleet/inventory.h"
#include "coordinator/fleet/topology.h"
#include "tests/bench/observation.h"

namespace copycost::bench {

class ProductSide {
 public:
  // `agent_binary`: as the product's flag. By the main thread, before there is another. Namespaces
  // and agents live as long as this object.
  static absl::StatusOr<std::unique_ptr<ProductSide>> BringUp(const std::string& agent_binary);

  // Where its flows run: for another program to run there, too.
  const Places& places() const { return places_; }

  // The ring that the driver gives this workload.
  uint32_t RingDepth(const v1::Workload& workload) const;

  // One trial. A Side.
  absl::StatusOr<Observation> Run(const v1::Workload& workload);

 private:
  ProductSide() = default;
  absl::Status FindPlaces();

  RealClock clock_;
  std::unique_ptr<Topology> topology_;
  std::vector<FleetAgent> agents_;
  std::unique_ptr<TrialDriver> driver_;
  Places places_{};
  uint32_t trials_ = 0;
};

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_PRODUCT_SIDE_H_
