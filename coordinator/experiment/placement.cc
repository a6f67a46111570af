#include "coordinator/experiment/placement.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/words.h"

namespace copycost {
namespace {

template <typename Number>
bool BothAre(std::optional<Number> a, std::optional<Number> b, bool equal) {
  return a.has_value() && b.has_value() && (*a == *b) == equal;
}

std::optional<uint32_t> CoreOf(const v1::CpuPlace& cpu) {
  return cpu.has_core() ? std::optional<uint32_t>(cpu.core()) : std::nullopt;
}
std::optional<uint32_t> CacheOf(const v1::CpuPlace& cpu) {
  return cpu.has_last_level_cache() ? std::optional<uint32_t>(cpu.last_level_cache())
                                    : std::nullopt;
}
std::optional<uint32_t> NodeOf(const v1::CpuPlace& cpu) {
  return cpu.has_numa_node() ? std::optional<uint32_t>(cpu.numa_node()) : std::nullopt;
}

// Relates the CPUs of a flow's two ends, which must then be of one host.
bool RelatesCpus(v1::Placement placement) {
  switch (placement) {
    case v1::PLACEMENT_SAME_CPU:
    case v1::PLACEMENT_SAME_CORE:
    case v1::PLACEMENT_SAME_LLC:
    case v1::PLACEMENT_SAME_NODE:
    case v1::PLACEMENT_OTHER_NODE:
      return true;
    default:
      return false;
  }
}

bool GoesByNic(v1::Placement placement) {
  return placement == v1::PLACEMENT_NIC_NODE || placement == v1::PLACEMENT_OFF_NIC_NODE;
}

bool Related(v1::Placement placement, const v1::CpuPlace& a, const v1::CpuPlace& b) {
  switch (placement) {
    case v1::PLACEMENT_SAME_CPU:
      return a.cpu() == b.cpu();
    case v1::PLACEMENT_SAME_CORE:
      return a.cpu() != b.cpu() && BothAre(CoreOf(a), CoreOf(b), true);
    case v1::PLACEMENT_SAME_LLC:
      return BothAre(CoreOf(a), CoreOf(b), false) && BothAre(CacheOf(a), CacheOf(b), true);
    case v1::PLACEMENT_SAME_NODE:
      return BothAre(CacheOf(a), CacheOf(b), false) && BothAre(NodeOf(a), NodeOf(b), true);
    case v1::PLACEMENT_OTHER_NODE:
      return BothAre(NodeOf(a), NodeOf(b), false);
    default:
      return true;
  }
}

// Whether a CPU may serve its side at all.
bool Serves(v1::Placement placement, const PlacementHost& host, const v1::CpuPlace& cpu) {
  if (!GoesByNic(placement)) return true;
  return BothAre(NodeOf(cpu), host.nic_node, placement == v1::PLACEMENT_NIC_NODE);
}

std::vector<v1::CpuPlace> ServingCpus(v1::Placement placement, const PlacementHost& host) {
  std::vector<v1::CpuPlace> cpus;
  std::copy_if(host.cpus.begin(), host.cpus.end(), std::back_inserter(cpus),
               [&](const v1::CpuPlace& cpu) { return Serves(placement, host, cpu); });
  std::sort(cpus.begin(), cpus.end(), [](const v1::CpuPlace& a, const v1::CpuPlace& b) {
    return std::pair(a.cpu() == 0, a.cpu()) < std::pair(b.cpu() == 0, b.cpu());
  });
  return cpus;
}

// Of one side, under a placement that goes by its NIC.
std::optional<std::string> WhyNotByNic(v1::Placement placement, const PlacementHost& host,
                                       absl::string_view side) {
  if (!host.nic_node.has_value()) {
    return absl::StrCat("the ", side,
                        "'s host does not tell on which NUMA node its data interface is; a device "
                        "of its own (a NIC on PCI) has one");
  }
  if (!ServingCpus(placement, host).empty()) return std::nullopt;
  return absl::StrCat(
      "the ", side, " may use no CPU ", placement == v1::PLACEMENT_NIC_NODE ? "on" : "off",
      " NUMA node ", *host.nic_node, ", where its data interface is; taskset or the cpuset of its ",
      "cgroup would have to let it");
}

}  // namespace

PlacementHost PlacementHostOf(const v1::Description& agent, const std::string& data_address) {
  PlacementHost host{.boot_id = agent.boot_id(), .cpus = {}};
  for (const uint32_t cpu : agent.cpus()) host.cpus.emplace_back().set_cpu(cpu);
  for (v1::CpuPlace& cpu : host.cpus) {
    for (const v1::CpuPlace& told : agent.cpu_places()) {
      if (told.cpu() == cpu.cpu()) cpu = told;
    }
  }
  for (const v1::InterfacePlace& interface : agent.interface_places()) {
    const auto& addresses = interface.addresses();
    if (std::find(addresses.begin(), addresses.end(), data_address) != addresses.end()) {
      host.nic_node = interface.numa_node();
    }
  }
  return host;
}

std::vector<CpuChoice> CpuChoices(v1::Placement placement, const PlacementHost& sender,
                                  const PlacementHost& receiver) {
  if (RelatesCpus(placement) && sender.boot_id != receiver.boot_id) return {};
  const std::vector<v1::CpuPlace> receivers = ServingCpus(placement, receiver);
  std::vector<CpuChoice> choices;
  for (const v1::CpuPlace& cpu : ServingCpus(placement, sender)) {
    CpuChoice choice{.sender = cpu.cpu(), .receivers = {}};
    for (const v1::CpuPlace& candidate : receivers) {
      if (Related(placement, cpu, candidate)) choice.receivers.push_back(candidate.cpu());
    }
    if (!choice.receivers.empty()) choices.push_back(std::move(choice));
  }
  return choices;
}

std::optional<std::string> WhyNoPlacement(v1::Placement placement, const PlacementHost& sender,
                                          const PlacementHost& receiver) {
  const bool one_host = sender.boot_id == receiver.boot_id;
  if (RelatesCpus(placement) && !one_host) {
    return "sender and receiver are on two hosts, whose CPUs have nothing in common";
  }
  if (placement == v1::PLACEMENT_INCOMING_CPU && one_host) {
    return "both ends are on one host, where packets come in on the CPU that sends them; "
           "same-cpu has both there";
  }
  if (GoesByNic(placement)) {
    if (auto why = WhyNotByNic(placement, sender, "sender")) return why;
    return WhyNotByNic(placement, receiver, "receiver");
  }
  if (!CpuChoices(placement, sender, receiver).empty()) return std::nullopt;
  return absl::StrCat("it takes ", DescriptionOf(*v1::Placement_descriptor(), placement),
                      ", which the CPUs that the agents may use do not have; lscpu -e shows what "
                      "they share");
}

}  // namespace copycost
