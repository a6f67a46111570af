#include "agent/inspect/interface_facts.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/link/data_interface.h"
#include "agent/link/interface_request.h"
#include "agent/link/link_setting.h"
#include "agent/measure/link_counters.h"
#include "agent/text_file.h"

namespace copycost {
namespace {

// Those of one interface.
class InterfaceFacts {
 public:
  InterfaceFacts(const std::string& interface, Facts& facts)
      : interface_(interface), facts_(facts) {}

  void Add(absl::string_view what, absl::string_view value) {
    AddFact(facts_, absl::StrCat(interface_, " ", what), value);
  }
  void Add(absl::string_view what, uint32_t value) { Add(what, absl::StrCat(value)); }

  const std::string& interface() const { return interface_; }

 private:
  const std::string& interface_;
  Facts& facts_;
};

// Its directory in /sys; empty where that of its name is another namespace's.
std::string SysDirectoryOf(const std::string& interface) {
  const std::string directory = absl::StrCat("/sys/class/net/", interface);
  ifreq request = RequestFor(interface);
  if (!Ask(SIOCGIFHWADDR, request)) return "";
  const auto* const bytes = reinterpret_cast<const unsigned char*>(request.ifr_hwaddr.sa_data);
  const std::string address =
      absl::StrJoin(bytes, bytes + 6, ":", [](std::string* out, unsigned char byte) {
        absl::StrAppend(out, absl::Hex(byte, absl::kZeroPad2));
      });
  // lo, which every namespace has, cannot be told from another one.
  if (absl::StrContains("00:00:00:00:00:00", address)) return "";
  const bool same =
      absl::StripAsciiWhitespace(TextOf(absl::StrCat(directory, "/address"))) == address &&
      absl::StripAsciiWhitespace(TextOf(absl::StrCat(directory, "/ifindex"))) ==
          absl::StrCat(::if_nametoindex(interface.c_str()));
  return same ? directory : "";
}

void AddFeatures(InterfaceFacts& facts) {
  const std::vector<std::string> names = EthtoolNames(facts.interface(), ETH_SS_FEATURES);
  const size_t blocks = (names.size() + 31) / 32;
  EthtoolCommand<ethtool_gfeatures, ethtool_get_features_block> features(ETHTOOL_GFEATURES, blocks);
  features->size = static_cast<uint32_t>(blocks);
  if (names.empty() || !AskEthtool(facts.interface(), features.header())) return;
  std::vector<std::string> active;
  for (size_t bit = 0; bit < names.size(); ++bit) {
    if ((features->features[bit / 32].active >> (bit % 32) & 1) != 0) active.push_back(names[bit]);
  }
  facts.Add("features", absl::StrJoin(active, " "));
}

template <typename Command>
bool Asked(const InterfaceFacts& facts, uint32_t number, Command& command) {
  command = {};
  command.cmd = number;
  return AskEthtool(facts.interface(), &command);
}

void AddRingsAndQueues(InterfaceFacts& facts) {
  ethtool_ringparam rings;
  if (Asked(facts, ETHTOOL_GRINGPARAM, rings)) {
    facts.Add("receive ring", absl::StrCat(rings.rx_pending, " of ", rings.rx_max_pending));
    facts.Add("send ring", absl::StrCat(rings.tx_pending, " of ", rings.tx_max_pending));
  }
  ethtool_channels queues;
  if (Asked(facts, ETHTOOL_GCHANNELS, queues)) {
    facts.Add("queues", absl::StrCat(queues.combined_count, " combined, ", queues.rx_count,
                                     " receive, ", queues.tx_count, " send"));
  }
  ethtool_coalesce coalesce;
  if (Asked(facts, ETHTOOL_GCOALESCE, coalesce)) {
    facts.Add("interrupt coalescing",
              absl::StrCat("receive ", coalesce.rx_coalesce_usecs, " us ",
                           coalesce.rx_max_coalesced_frames, " frames",
                           coalesce.use_adaptive_rx_coalesce != 0 ? " adaptive" : "", ", send ",
                           coalesce.tx_coalesce_usecs, " us ", coalesce.tx_max_coalesced_frames,
                           " frames", coalesce.use_adaptive_tx_coalesce != 0 ? " adaptive" : ""));
  }
  ethtool_pauseparam pause;
  if (Asked(facts, ETHTOOL_GPAUSEPARAM, pause)) {
    facts.Add("pause frames", absl::StrCat("receive ", pause.rx_pause != 0 ? "on" : "off",
                                           ", send ", pause.tx_pause != 0 ? "on" : "off"));
  }
}

// Which CPUs packets are steered to (rps_cpus), and which send by which queue (xps_cpus).
void AddSteering(const std::string& directory, InterfaceFacts& facts) {
  std::vector<std::string> receive, send;
  for (const std::string& queue : NamesIn(absl::StrCat(directory, "/queues"))) {
    const bool receives = absl::StartsWith(queue, "rx-");
    std::string cpus =
        TextOf(absl::StrCat(directory, "/queues/", queue, receives ? "/rps_cpus" : "/xps_cpus"));
    (receives ? receive : send).push_back(std::move(cpus));
  }
  facts.Add("RPS", Together(receive));
  facts.Add("XPS", Together(send));
}

// The directory of the device on its bus: of a virtio device that of its parent, which has the
// interrupts.
std::string BusDeviceOf(const std::string& directory) {
  std::string device = absl::StrCat(directory, "/device");
  char bus[256] = {};
  if (::readlink(absl::StrCat(device, "/subsystem").c_str(), bus, sizeof(bus) - 1) < 0) {
    return device;
  }
  return absl::EndsWith(bus, "/virtio") ? absl::StrCat(device, "/..") : device;
}

// "24:0 25:1-3": each interrupt, and the CPUs it may come in on.
void AddInterrupts(const std::string& device, InterfaceFacts& facts) {
  std::vector<std::string> all;
  for (const std::string& interrupt : NamesIn(absl::StrCat(device, "/msi_irqs"))) {
    const std::string cpus = TextOf(absl::StrCat("/proc/irq/", interrupt, "/smp_affinity_list"));
    all.push_back(absl::StrCat(interrupt, ":", absl::StripAsciiWhitespace(cpus)));
  }
  facts.Add("interrupts", absl::StrJoin(all, " "));
}

}  // namespace

void AddInterfaceIdentity(const std::string& interface, Facts& facts) {
  InterfaceFacts own(interface, facts);
  const DriverInfo driver = DriverOf(interface);
  own.Add("driver", driver.driver);
  own.Add("driver version", driver.version);
  own.Add("firmware", driver.firmware);
  own.Add("bus", driver.bus);
}

void AddInterfaceSettings(const std::string& interface, Facts& facts) {
  InterfaceFacts own(interface, facts);
  if (const auto mtu = ReadLink(interface, LinkSetting::kMtu); mtu.ok()) own.Add("MTU", *mtu);
  if (const auto speed = LinkSpeedMbps(interface)) own.Add("speed", absl::StrCat(*speed, " Mb/s"));
  ifreq request = RequestFor(interface);
  if (Ask(SIOCGIFTXQLEN, request)) {
    own.Add("send queue length", static_cast<uint32_t>(request.ifr_qlen));
  }
  AddFeatures(own);
  AddRingsAndQueues(own);
  if (const auto queueing = QueueingOf(interface); queueing.ok()) {
    own.Add("queueing", absl::StrJoin(*queueing, " "));
  }
  const std::string directory = SysDirectoryOf(interface);
  if (directory.empty()) return;
  const std::string device = BusDeviceOf(directory);
  const std::string node = TextOf(device + "/numa_node");
  if (!absl::StartsWith(node, "-")) own.Add("NUMA node", node);  // -1: of none
  own.Add("GRO flush timeout", TextOf(directory + "/gro_flush_timeout"));
  own.Add("deferred interrupts", TextOf(directory + "/napi_defer_hard_irqs"));
  own.Add("threaded NAPI", TextOf(directory + "/threaded"));
  AddSteering(directory, own);
  AddInterrupts(device, own);
}

}  // namespace copycost
