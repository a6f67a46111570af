#include "agent/measure/link_counters.h"

#include <linux/ethtool.h>
#include <net/if.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/tc.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "agent/link/interface_request.h"
#include "common/netlink.h"
#include "common/status.h"
#include "common/utf8.h"

namespace copycost {
namespace {

using Link = std::unique_ptr<rtnl_link, NetlinkDeleter<rtnl_link_put>>;
using Cache = std::unique_ptr<nl_cache, NetlinkDeleter<nl_cache_free>>;

absl::Status AddLink(nl_sock* socket, const std::string& interface, CounterValues& counters) {
  rtnl_link* found = nullptr;
  const int error = rtnl_link_get_kernel(socket, 0, interface.c_str(), &found);
  if (error < 0) {
    return absl::NotFoundError(absl::StrCat("counters of ", interface, ": ", nl_geterror(error)));
  }
  const Link link(found);
  constexpr std::pair<const char*, rtnl_link_stat_id_t> kStatistics[] = {
      {"rx_packets", RTNL_LINK_RX_PACKETS},  {"tx_packets", RTNL_LINK_TX_PACKETS},
      {"rx_bytes", RTNL_LINK_RX_BYTES},      {"tx_bytes", RTNL_LINK_TX_BYTES},
      {"rx_errors", RTNL_LINK_RX_ERRORS},    {"tx_errors", RTNL_LINK_TX_ERRORS},
      {"rx_dropped", RTNL_LINK_RX_DROPPED},  {"tx_dropped", RTNL_LINK_TX_DROPPED},
      {"rx_missed", RTNL_LINK_RX_MISSED_ERR}};
  for (const auto& [name, id] : kStatistics) {
    counters[name] = static_cast<int64_t>(rtnl_link_get_stat(link.get(), id));
  }
  return absl::OkStatus();
}

// A device with several queues has a discipline for each.
absl::Status ForEachDiscipline(nl_sock* socket, const std::string& interface,
                               absl::FunctionRef<void(rtnl_tc*, const char* kind)> look) {
  const int index = static_cast<int>(::if_nametoindex(interface.c_str()));
  nl_cache* found = nullptr;
  RETURN_IF_ERROR(NetlinkStatus(rtnl_qdisc_alloc_cache(socket, &found), "list of qdiscs"));
  const Cache cache(found);
  for (nl_object* object = nl_cache_get_first(cache.get()); object != nullptr;
       object = nl_cache_get_next(object)) {
    rtnl_tc* const discipline = TC_CAST(object);
    const char* const kind = rtnl_tc_get_kind(discipline);
    if (rtnl_tc_get_ifindex(discipline) == index && kind != nullptr) look(discipline, kind);
  }
  return absl::OkStatus();
}

absl::Status AddQueueing(nl_sock* socket, const std::string& interface, CounterValues& counters) {
  constexpr std::pair<const char*, rtnl_tc_stat> kStatistics[] = {
      {"packets", RTNL_TC_PACKETS},
      {"drops", RTNL_TC_DROPS},
      {"requeues", RTNL_TC_REQUEUES},
      {"overlimits", RTNL_TC_OVERLIMITS}};
  return ForEachDiscipline(socket, interface, [&](rtnl_tc* discipline, const char* kind) {
    for (const auto& [name, id] : kStatistics) {
      counters[absl::StrCat("qdisc.", ToUtf8(kind), ".", name)] +=
          static_cast<int64_t>(rtnl_tc_get_stat(discipline, id));
    }
  });
}

// As many as it has of both, names and values, by then; a driver may change them in between.
void AddDriver(const std::string& interface, CounterValues& counters) {
  const std::vector<std::string> names = EthtoolNames(interface, ETH_SS_STATS);
  if (names.empty()) return;
  EthtoolCommand<ethtool_stats, uint64_t> values(ETHTOOL_GSTATS, names.size());
  values->n_stats = static_cast<uint32_t>(names.size());
  if (!AskEthtool(interface, values.header()) || values->n_stats != names.size()) return;
  for (size_t i = 0; i < names.size(); ++i) {
    counters[absl::StrCat("ethtool.", ToUtf8(names[i]))] += static_cast<int64_t>(values->data[i]);
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> QueueingOf(const std::string& interface) {
  ASSIGN_OR_RETURN(const NetlinkSocket socket, OpenNetlink());
  std::set<std::string> kinds;
  RETURN_IF_ERROR(ForEachDiscipline(
      socket.get(), interface, [&](rtnl_tc*, const char* kind) { kinds.insert(ToUtf8(kind)); }));
  return std::vector<std::string>(kinds.begin(), kinds.end());
}

absl::StatusOr<CounterValues> ReadLinkCounters(const std::string& interface) {
  ASSIGN_OR_RETURN(const NetlinkSocket socket, OpenNetlink());
  CounterValues counters;
  RETURN_IF_ERROR(AddLink(socket.get(), interface, counters));
  RETURN_IF_ERROR(AddQueueing(socket.get(), interface, counters));
  AddDriver(interface, counters);
  return counters;
}

}  // namespace copycost
