#include "agent/host_places.h"

#include <hwloc.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace copycost {
namespace {

using Topology = std::unique_ptr<hwloc_topology, decltype(&::hwloc_topology_destroy)>;

// Null where hwloc finds nothing. Threads stay where they are: others may run already.
Topology Load() {
  hwloc_topology_t topology = nullptr;
  if (::hwloc_topology_init(&topology) != 0) return {nullptr, ::hwloc_topology_destroy};
  Topology owned(topology, ::hwloc_topology_destroy);
  ::hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
  ::hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING);
  if (::hwloc_topology_load(topology) != 0) owned.reset();
  return owned;
}

// The cache that is farthest from the CPU; null where the host tells of none.
hwloc_obj_t LastLevelCache(hwloc_obj_t cpu) {
  hwloc_obj_t last = nullptr;
  for (hwloc_obj_t at = cpu->parent; at != nullptr; at = at->parent) {
    if (::hwloc_obj_type_is_dcache(at->type) != 0) last = at;
  }
  return last;
}

// Absent where it is not one.
std::optional<uint32_t> OnlyNode(hwloc_const_nodeset_t nodes) {
  if (nodes == nullptr || ::hwloc_bitmap_weight(nodes) != 1) return std::nullopt;
  return static_cast<uint32_t>(::hwloc_bitmap_first(nodes));
}

// Names it by its first CPU: the same to every process of the host, whichever CPUs it may use.
uint32_t NameOf(hwloc_obj_t object) {
  return static_cast<uint32_t>(::hwloc_bitmap_first(object->complete_cpuset));
}

v1::CpuPlace PlaceOf(hwloc_topology_t topology, uint32_t number) {
  v1::CpuPlace place;
  place.set_cpu(number);
  const hwloc_obj_t cpu =
      topology == nullptr ? nullptr : ::hwloc_get_pu_obj_by_os_index(topology, number);
  if (cpu == nullptr) return place;
  const hwloc_obj_t core = ::hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, cpu);
  if (core != nullptr) place.set_core(NameOf(core));
  const hwloc_obj_t cache = LastLevelCache(cpu);
  if (cache != nullptr) place.set_last_level_cache(NameOf(cache));
  if (const auto node = OnlyNode(cpu->nodeset)) place.set_numa_node(*node);
  return place;
}

uint64_t CacheBytes(hwloc_topology_t topology, uint32_t number) {
  const hwloc_obj_t cpu = ::hwloc_get_pu_obj_by_os_index(topology, number);
  const hwloc_obj_t cache = cpu == nullptr ? nullptr : LastLevelCache(cpu);
  return cache == nullptr ? 0 : cache->attr->cache.size;
}

std::vector<DevicePlace> Devices(hwloc_topology_t topology) {
  std::vector<DevicePlace> devices;
  for (hwloc_obj_t device = ::hwloc_get_next_osdev(topology, nullptr); device != nullptr;
       device = ::hwloc_get_next_osdev(topology, device)) {
    if (device->attr->osdev.type != HWLOC_OBJ_OSDEV_NETWORK) continue;
    const char* address = ::hwloc_obj_get_info_by_name(device, "Address");
    const hwloc_obj_t near = ::hwloc_get_non_io_ancestor_obj(topology, device);
    const auto node = near == nullptr ? std::nullopt : OnlyNode(near->nodeset);
    if (address == nullptr || !node) continue;
    devices.push_back({.hardware_address = absl::AsciiStrToLower(address), .numa_node = *node});
  }
  return devices;
}

// Empty for one that is longer than Ethernet's, which the structure has no room for.
std::string HardwareAddress(const sockaddr& address) {
  const auto& link = reinterpret_cast<const sockaddr_ll&>(address);
  if (link.sll_halen > sizeof(link.sll_addr)) return "";
  return absl::StrJoin(
      link.sll_addr, link.sll_addr + link.sll_halen, ":",
      [](std::string* text, unsigned char byte) { absl::StrAppendFormat(text, "%02x", byte); });
}

bool HasIpAddress(const ifaddrs& entry) {
  return entry.ifa_addr != nullptr &&
         (entry.ifa_addr->sa_family == AF_INET || entry.ifa_addr->sa_family == AF_INET6);
}

std::string NumericAddress(const sockaddr& address) {
  const socklen_t size = address.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  char text[NI_MAXHOST];
  if (::getnameinfo(&address, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return text;
}

// Devices of a bond share an address: they are in one place only if all are on one node.
std::map<std::string, uint32_t> NodesOf(absl::Span<const DevicePlace> devices) {
  std::map<std::string, uint32_t> nodes;
  std::set<std::string> ambiguous;
  for (const DevicePlace& device : devices) {
    const auto [known, is_new] = nodes.emplace(device.hardware_address, device.numa_node);
    if (!is_new && known->second != device.numa_node) ambiguous.insert(device.hardware_address);
  }
  for (const std::string& address : ambiguous) nodes.erase(address);
  return nodes;
}

}  // namespace

HostPlaces FindHostPlaces(absl::Span<const uint32_t> cpus) {
  const Topology topology = Load();
  HostPlaces places;
  for (const uint32_t cpu : cpus) places.cpus.push_back(PlaceOf(topology.get(), cpu));
  if (topology == nullptr) return places;
  places.devices = Devices(topology.get());
  for (const uint32_t cpu : cpus) {
    places.last_level_cache_bytes =
        std::max(places.last_level_cache_bytes, CacheBytes(topology.get(), cpu));
  }
  return places;
}

// By hardware addresses: names are a network namespace's own, and hwloc sees the host's.
std::vector<v1::InterfacePlace> PlacesOfInterfaces(absl::Span<const DevicePlace> devices) {
  const std::map<std::string, uint32_t> nodes = NodesOf(devices);
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, ::freeifaddrs);
  std::map<std::string, v1::InterfacePlace> places;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_PACKET) continue;
    const auto node = nodes.find(HardwareAddress(*entry->ifa_addr));
    if (node != nodes.end()) places[entry->ifa_name].set_numa_node(node->second);
  }
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const auto place = places.find(entry->ifa_name);
    if (place != places.end() && HasIpAddress(*entry)) {
      place->second.add_addresses(NumericAddress(*entry->ifa_addr));
    }
  }
  std::vector<v1::InterfacePlace> result;
  for (auto& [name, place] : places) {
    if (place.addresses().empty()) continue;
    place.set_name(name);
    result.push_back(std::move(place));
  }
  return result;
}

}  // namespace copycost
