// What the hosts of a run cannot do, as far as it decides which cells can be measured.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_HOST_LIMITS_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_HOST_LIMITS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "copycost/v1/agent.pb.h"
#include "copycost/v1/copy_mode.pb.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// By default nothing is known and nothing is limited.
struct HostLimits {
  // Modes the host on their side lacks, with the reason and what would enable them.
  std::map<v1::SendMode, std::string> missing_send_modes;
  std::map<v1::ReceiveMode, std::string> missing_receive_modes;
  // Transports that do not lead from one to the other, and modes that one of them lacks over a
  // transport though it has them over TCP, with the reason.
  std::map<v1::Transport, std::string> missing_transports;
  std::map<std::pair<v1::Transport, v1::SendMode>, std::string> missing_send_modes_over;
  std::map<std::pair<v1::Transport, v1::ReceiveMode>, std::string> missing_receive_modes_over;
  // IP versions that do not lead from one to the other, with the reason and what would enable them.
  std::map<v1::IpVersion, std::string> missing_ip_versions;
  // Kinds of huge pages that one of them lacks, with the reason and what would enable them.
  std::map<v1::HugePages, std::string> missing_huge_pages;
  // Placements that the CPUs, or the NICs behind the addresses of an IP version (unspecified: of
  // none), do not permit, with the reason.
  std::map<std::pair<v1::Placement, v1::IpVersion>, std::string> missing_placements;
  // The larger of the two hosts'; absent where either does not tell.
  std::optional<uint64_t> last_level_cache_bytes;
  // What the sender's user may pin for MSG_ZEROCOPY; absent: unlimited, or unknown.
  std::optional<uint64_t> locked_memory_bytes;

  // The same of the other sides, for patterns in which both send and receive.
  std::map<v1::SendMode, std::string> missing_send_modes_of_receiver;
  std::map<v1::ReceiveMode, std::string> missing_receive_modes_of_sender;
  std::optional<uint64_t> locked_memory_bytes_of_receiver;
};

// What a trial may pin in all: the sender's limit, or where both sides pin the smaller of the two,
// since they may be one user's.
std::optional<uint64_t> LockedMemoryFor(const v1::Workload& workload, const HostLimits& limits);

// As the agents describe themselves. A mode an agent does not speak of is missing there: it is
// newer than the agent. What the topology gives them (IP versions, and with them places of NICs) is
// not known here.
HostLimits LimitsOf(const v1::Description& sender, const v1::Description& receiver);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_HOST_LIMITS_H_
