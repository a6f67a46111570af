#include "coordinator/cli/fleet_limits.h"

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {

constexpr absl::string_view kNameIt =
    "; among --agents, name the addresses of both versions: HOST:PORT/IPV4/IPV6";

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
  return limits;
}

}  // namespace copycost
