// How often TCP copied segments of a receive queue together to win room in a receive buffer
// (tcp_collapse): payload copies that no mode makes and no system call shows.
#ifndef COPYCOST_AGENT_MEASURE_TCP_COLLAPSES_H_
#define COPYCOST_AGENT_MEASURE_TCP_COLLAPSES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace copycost {

// TcpExtTCPRcvCollapsed of the calling thread's network namespace, since that exists, of all its
// connections. NotFound or Internal when /proc/thread-self/net/netstat cannot be read or
// understood.
absl::StatusOr<uint64_t> ReadTcpCollapses();

// `netstat` is that file's text: pairs of lines, one of names and one of values, that begin alike.
absl::StatusOr<uint64_t> ParseTcpCollapses(absl::string_view netstat);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_TCP_COLLAPSES_H_
