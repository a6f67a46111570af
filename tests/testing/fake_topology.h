// Two played agents on one host of four CPUs, sender first.
#ifndef COPYCOST_TESTS_TESTING_FAKE_TOPOLOGY_H_
#define COPYCOST_TESTS_TESTING_FAKE_TOPOLOGY_H_

#include <memory>
#include <string>
#include <utility>

#include "common/protocol.h"
#include "coordinator/fleet/topology.h"
#include "tests/testing/fake_agent_client.h"

namespace copycost::testing {

inline constexpr char kOwnBootId[] = "boot-1";

class FakeTopology final : public Topology {
 public:
  explicit FakeTopology(FakeClock& clock) : clock_(clock) {
    for (FakeAgent* agent : {&sender, &receiver}) {
      agent->description.set_protocol_min(kProtocol);
      agent->description.set_protocol_max(kProtocol);
      agent->description.set_version("0.1.0");
      agent->description.set_boot_id(kOwnBootId);
      for (const uint32_t cpu : {0u, 1u, 2u, 3u}) agent->description.add_cpus(cpu);
    }
  }

  absl::StatusOr<Fleet> Up() override {
    Fleet fleet;
    fleet.push_back(MemberOf("sender", "198.18.0.1", has_ipv6 ? "2001:2::1" : "", sender));
    fleet.push_back(MemberOf("receiver", "198.18.0.2", has_ipv6 ? "2001:2::2" : "", receiver));
    return fleet;
  }

  // Outlive the fleet.
  FakeAgent sender;
  FakeAgent receiver;
  Log log;
  bool has_ipv6 = true;

 private:
  Member MemberOf(const std::string& name, std::string v4, std::string v6, FakeAgent& agent) {
    return {.name = name,
            .address = "fake",
            .client = std::make_unique<FakeAgentClient>(clock_, log, name, agent),
            .data_address_v4 = std::move(v4),
            .data_address_v6 = std::move(v6)};
  }

  FakeClock& clock_;
};

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_FAKE_TOPOLOGY_H_
