#include "coordinator/cli/fleet_limits.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/words.h"
#include "coordinator/experiment/placement.h"

namespace copycost {
namespace {

constexpr absl::string_view kNameIt =
    "; among --agents, name the addresses of both versions: HOST:PORT/IPV4/IPV6";

void AddPlacements(const std::vector<FleetAgent>& agents, v1::IpVersion version,
                   HostLimits& limits) {
  const auto host = [&](const FleetAgent& agent) {
    return PlacementHostOf(agent.description, DataAddressOf(agent.member, version));
  };
  const PlacementHost sender = host(agents[0]);
  const PlacementHost receiver = host(agents[1]);
  for (const v1::Placement placement : AllValues<v1::Placement>()) {
    if (auto why = WhyNoPlacement(placement, sender, receiver)) {
      limits.missing_placements[{placement, version}] = *std::move(why);
    }
  }
}

}  // namespace

HostLimits LimitsOf(const std::vector<FleetAgent>& agents) {
  HostLimits limits = LimitsOf(agents[0].description, agents[1].description);
  for (const FleetAgent& agent : agents) {
    if (agent.member.data_address_v4.empty()) {
      limits.missing_ip_versions[v1::IP_VERSION_4] =
          absl::StrCat("the ", agent.member.name, " has no such address", kNameIt);
    }
    if (agent.member.data_address_v6.empty()) {
      limits.missing_ip_versions[v1::IP_VERSION_6] = absl::StrCat(
          "the ", agent.member.name,
          " has no such address; enable IPv6 on its host (boot without ipv6.disable=1)", kNameIt);
    }
  }
  for (const v1::IpVersion version :
       {v1::IP_VERSION_UNSPECIFIED, v1::IP_VERSION_4, v1::IP_VERSION_6}) {
    AddPlacements(agents, version, limits);
  }
  return limits;
}

}  // namespace copycost
