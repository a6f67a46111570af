// What the kernel and the driver count of one interface: packets and errors, its queueing
// disciplines, and the driver's own statistics.
#ifndef COPYCOST_AGENT_MEASURE_LINK_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_LINK_COUNTERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/measure/counter_values.h"

namespace copycost {

// The kinds of its queueing disciplines, in order, each once: "fq_codel", "mq". Of the calling
// thread's network namespace.
absl::StatusOr<std::vector<std::string>> QueueingOf(const std::string& interface);

// By name: "tx_packets", "rx_dropped"; of all queueing disciplines of a kind together
// "qdisc.tbf.overlimits", "qdisc.fq_codel.drops"; of the driver "ethtool.tx_queue_0_packets", as
// far as it tells. Of the calling thread's network namespace. NotFound where it has no such
// interface.
absl::StatusOr<CounterValues> ReadLinkCounters(const std::string& interface);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_LINK_COUNTERS_H_
