// Where CPUs and network devices of this host are, by hwloc: what shares a core, a last-level cache
// or a NUMA node with what.
#ifndef COPYCOST_AGENT_HOST_PLACES_H_
#define COPYCOST_AGENT_HOST_PLACES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "copycost/v1/agent.pb.h"

namespace copycost {

// A network device of the host, whichever network namespace it is in.
struct DevicePlace {
  std::string hardware_address;  // "52:54:00:12:34:56"
  uint32_t numa_node;
};

struct HostPlaces {
  std::vector<v1::CpuPlace> cpus;       // one for each that was asked for, in their order
  std::vector<DevicePlace> devices;     // those that belong to one node
  uint64_t last_level_cache_bytes = 0;  // the largest of these CPUs; 0: not told
};

// Asks the host; some milliseconds. What it does not tell is absent. CPUs stay where they are, and
// devices that come later are not known.
HostPlaces FindHostPlaces(absl::Span<const uint32_t> cpus);

// The interfaces of the calling thread's network namespace that have an address, by the devices
// that they are.
std::vector<v1::InterfacePlace> PlacesOfInterfaces(absl::Span<const DevicePlace> devices);

}  // namespace copycost

#endif  // COPYCOST_AGENT_HOST_PLACES_H_
