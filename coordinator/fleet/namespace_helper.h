// What the helper process of NamespaceTopology does: make the namespaces, spawn the agents, reap
// what ends, and exit with the coordinator.
#ifndef COPYCOST_COORDINATOR_FLEET_NAMESPACE_HELPER_H_
#define COPYCOST_COORDINATOR_FLEET_NAMESPACE_HELPER_H_

#include <string>

namespace copycost {

inline constexpr char kSenderAddressV4[] = "198.18.0.1";  // RFC 2544: benchmarking
inline constexpr char kReceiverAddressV4[] = "198.18.0.2";
inline constexpr char kSenderAddressV6[] = "2001:2::1";  // RFC 5180: benchmarking
inline constexpr char kReceiverAddressV6[] = "2001:2::2";

struct NamespaceHelper {
  bool new_user_namespace;  // the process was cloned into one, and its ids are still unmapped
  unsigned user_id;         // of the coordinator
  unsigned group_id;
  std::string agent_binary;
  int lifeline;  // read end: its end of file is the end of the coordinator
  int report;    // write end: one of kNamespacesReady..., or what failed
  int sender_control;
  int receiver_control;
};

// Runs in the helper, from right after the clone to its end. Every other descriptor is closed.
[[noreturn]] void RunNamespaceHelper(const NamespaceHelper& helper);

// The reports of success: the ends have addresses of both IP versions, or of IPv4 only, on a kernel
// without IPv6.
inline constexpr char kNamespacesReady[] = "ready";
inline constexpr char kNamespacesReadyV4Only[] = "ready, IPv4 only";

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_NAMESPACE_HELPER_H_
