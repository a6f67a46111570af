// What the kernel's network code counts of a whole network namespace: /proc/net/netstat, snmp and
// snmp6. Some of it no system call shows, such as the segments of a receive queue that were copied
// together to win room (TcpExt.TCPRcvCollapsed).
#ifndef COPYCOST_AGENT_MEASURE_NET_COUNTERS_H_
#define COPYCOST_AGENT_MEASURE_NET_COUNTERS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/measure/counter_values.h"

namespace copycost {

// By name, "TcpExt.TCPRcvCollapsed", "Udp.InErrors", "Ip6InReceives", of the calling thread's
// network namespace, since that exists, all its connections. NotFound where the kernel does
// not tell, Internal for what cannot be understood.
absl::StatusOr<CounterValues> ReadNetCounters();

// Adds the text of netstat or snmp: pairs of lines, one of names and one of values, that begin
// alike.
absl::Status AddNetCounters(absl::string_view netstat, CounterValues& counters);
// Adds the text of snmp6: a name and a value a line.
absl::Status AddNet6Counters(absl::string_view snmp6, CounterValues& counters);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_NET_COUNTERS_H_
