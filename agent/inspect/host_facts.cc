#include "agent/inspect/host_facts.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "agent/text_file.h"

namespace copycost {
namespace {

struct Source {
  const char* name;
  const char* path;
};

constexpr Source kIdentity[] = {
    {"vendor", "/sys/class/dmi/id/sys_vendor"},   {"product", "/sys/class/dmi/id/product_name"},
    {"BIOS", "/sys/class/dmi/id/bios_version"},   {"hypervisor", "/sys/hypervisor/type"},
    {"kernel build", "/proc/sys/kernel/version"}, {"NUMA nodes", "/sys/devices/system/node/online"},
};

constexpr Source kSettings[] = {
    {"SMT", "/sys/devices/system/cpu/smt/active"},
    {"turbo off", "/sys/devices/system/cpu/intel_pstate/no_turbo"},
    {"frequency boost", "/sys/devices/system/cpu/cpufreq/boost"},
    {"pstate", "/sys/devices/system/cpu/intel_pstate/status"},
    {"pstate", "/sys/devices/system/cpu/amd_pstate/status"},
    {"idle governor", "/sys/devices/system/cpu/cpuidle/current_governor_ro"},
    {"isolated CPUs", "/sys/devices/system/cpu/isolated"},
    {"tickless CPUs", "/sys/devices/system/cpu/nohz_full"},
    {"clock source", "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
    {"transparent huge pages", "/sys/kernel/mm/transparent_hugepage/enabled"},
    {"huge page defragmentation", "/sys/kernel/mm/transparent_hugepage/defrag"},
    {"same-page merging", "/sys/kernel/mm/ksm/run"},
};

// By their names of sysctl(8). Those that network namespaces do not have of their own
// (netdev_budget, busy_poll, tcp_mem) are shown in the host's first one only.
constexpr const char* kSysctls[] = {
    "kernel.io_uring_disabled",
    "kernel.kptr_restrict",
    "kernel.nmi_watchdog",
    "kernel.numa_balancing",
    "kernel.perf_event_paranoid",
    "kernel.sched_autogroup_enabled",
    "kernel.timer_migration",
    "net.core.busy_poll",
    "net.core.busy_read",
    "net.core.default_qdisc",
    "net.core.dev_weight",
    "net.core.gro_normal_batch",
    "net.core.high_order_alloc_disable",
    "net.core.netdev_budget",
    "net.core.netdev_budget_usecs",
    "net.core.netdev_max_backlog",
    "net.core.optmem_max",
    "net.core.rmem_default",
    "net.core.rmem_max",
    "net.core.rps_sock_flow_entries",
    "net.core.skb_defer_max",
    "net.core.wmem_default",
    "net.core.wmem_max",
    "net.ipv4.tcp_adv_win_scale",
    "net.ipv4.tcp_autocorking",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_ecn",
    "net.ipv4.tcp_limit_output_bytes",
    "net.ipv4.tcp_mem",
    "net.ipv4.tcp_min_tso_segs",
    "net.ipv4.tcp_moderate_rcvbuf",
    "net.ipv4.tcp_mtu_probing",
    "net.ipv4.tcp_no_metrics_save",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_sack",
    "net.ipv4.tcp_shrink_window",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_tso_win_divisor",
    "net.ipv4.tcp_window_scaling",
    "net.ipv4.tcp_wmem",
    "net.ipv4.udp_mem",
    "vm.nr_hugepages",
    "vm.zone_reclaim_mode",
};

// Of Documentation/admin-guide/kernel-parameters.txt.
constexpr absl::string_view kParameters[] = {"amd_iommu",
                                             "amd_pstate",
                                             "audit",
                                             "clocksource",
                                             "default_hugepagesz",
                                             "gather_data_sampling",
                                             "hugepages",
                                             "hugepagesz",
                                             "idle",
                                             "init_on_alloc",
                                             "init_on_free",
                                             "intel_idle.max_cstate",
                                             "intel_iommu",
                                             "intel_pstate",
                                             "iommu",
                                             "iommu.strict",
                                             "irqaffinity",
                                             "isolcpus",
                                             "kpti",
                                             "l1tf",
                                             "mds",
                                             "mitigations",
                                             "mmio_stale_data",
                                             "nmi_watchdog",
                                             "nohz",
                                             "nohz_full",
                                             "nopti",
                                             "nosmt",
                                             "nospectre_v1",
                                             "nospectre_v2",
                                             "numa_balancing",
                                             "page_poison",
                                             "pcie_aspm",
                                             "preempt",
                                             "processor.max_cstate",
                                             "pti",
                                             "randomize_kstack_offset",
                                             "rcu_nocbs",
                                             "retbleed",
                                             "skew_tick",
                                             "slab_nomerge",
                                             "slub_debug",
                                             "spec_rstack_overflow",
                                             "spec_store_bypass_disable",
                                             "spectre_v2",
                                             "spectre_v2_user",
                                             "srbds",
                                             "threadirqs",
                                             "transparent_hugepage",
                                             "tsc",
                                             "tsx",
                                             "tsx_async_abort"};

// How many CPUs are asked for what is the same for all of them or nearly: before Linux 5.19 an idle
// CPU takes 10 ms to tell its frequency.
constexpr size_t kMostAsked = 8;

std::vector<uint32_t> CpusOf(const std::string& root) {
  std::vector<uint32_t> cpus;
  for (const std::string& name : NamesIn(absl::StrCat(root, "/sys/devices/system/cpu"))) {
    uint32_t cpu = 0;
    if (absl::StartsWith(name, "cpu") && absl::SimpleAtoi(name.substr(3), &cpu)) {
      cpus.push_back(cpu);
    }
  }
  return cpus;
}

std::vector<std::string> OfEach(const std::vector<uint32_t>& cpus, const std::string& root,
                                absl::string_view file) {
  std::vector<std::string> values;
  values.reserve(cpus.size());
  for (const uint32_t cpu : cpus) {
    values.push_back(TextOf(absl::StrCat(root, "/sys/devices/system/cpu/cpu", cpu, "/", file)));
  }
  return values;
}

// Evenly spread over them.
std::vector<uint32_t> SomeOf(const std::vector<uint32_t>& cpus) {
  if (cpus.size() <= kMostAsked) return cpus;
  std::vector<uint32_t> some;
  some.reserve(kMostAsked);
  for (size_t i = 0; i < kMostAsked; ++i) some.push_back(cpus[i * cpus.size() / kMostAsked]);
  return some;
}

// "1200 to 3600 MHz, median 2400", of some of them; empty where no CPU tells.
std::string FrequenciesOf(const std::string& root) {
  std::vector<uint64_t> mhz;
  for (const std::string& text : OfEach(SomeOf(CpusOf(root)), root, "cpufreq/scaling_cur_freq")) {
    uint64_t khz = 0;
    if (absl::SimpleAtoi(text, &khz)) mhz.push_back(khz / 1000);
  }
  if (mhz.empty()) {
    for (const absl::string_view line :
         absl::StrSplit(TextOf(absl::StrCat(root, "/proc/cpuinfo")), '\n')) {
      double value = 0;
      if (!absl::SimpleAtod(ValueOf(line, "cpu MHz"), &value)) continue;
      mhz.push_back(static_cast<uint64_t>(value));
    }
  }
  if (mhz.empty()) return "";
  std::sort(mhz.begin(), mhz.end());
  return absl::StrFormat("%d to %d MHz, median %d", mhz.front(), mhz.back(), mhz[mhz.size() / 2]);
}

// How often CPUs were slowed down since the host started, since they were hot. Threads of one core
// tell the same, so that it is no number of events: it grows with each, or does not.
std::string ThrottlingsOf(const std::string& root) {
  uint64_t sum = 0;
  bool told = false;
  for (const char* const of : {"core", "package"}) {
    const std::string file = absl::StrCat("thermal_throttle/", of, "_throttle_count");
    for (const std::string& text : OfEach(CpusOf(root), root, file)) {
      uint64_t count = 0;
      if (!absl::SimpleAtoi(text, &count)) continue;
      sum += count;
      told = true;
    }
  }
  return told ? absl::StrCat(sum) : "";
}

}  // namespace

std::string ChosenOf(absl::string_view list) {
  const size_t begin = list.find('[');
  const size_t end = list.find(']', begin == list.npos ? 0 : begin);
  if (begin == list.npos || end == list.npos) return std::string(list);
  return std::string(list.substr(begin + 1, end - begin - 1));
}

std::string TellingParameters(absl::string_view command_line) {
  std::vector<absl::string_view> telling;
  for (const absl::string_view parameter :
       absl::StrSplit(command_line, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    const absl::string_view name = parameter.substr(0, parameter.find('='));
    if (std::find(std::begin(kParameters), std::end(kParameters), name) != std::end(kParameters)) {
      telling.push_back(parameter);
    }
  }
  return absl::StrJoin(telling, " ");
}

void AddHostIdentity(const std::string& root, Facts& facts) {
  const std::string cpu = TextOf(absl::StrCat(root, "/proc/cpuinfo"));
  AddFact(facts, "microcode", ValueOf(cpu, "microcode"));
  // An ARM processor has numbers instead of a name.
  if (const std::string part = ValueOf(cpu, "CPU part"); !part.empty()) {
    AddFact(facts, "CPU part",
            absl::StrCat(ValueOf(cpu, "CPU implementer"), " ", part, " variant ",
                         ValueOf(cpu, "CPU variant"), " revision ", ValueOf(cpu, "CPU revision")));
  }
  for (const Source& source : kIdentity) {
    AddFact(facts, source.name, TextOf(absl::StrCat(root, source.path)));
  }
  AddFact(facts, "kernel parameters",
          TellingParameters(TextOf(absl::StrCat(root, "/proc/cmdline"))));
  AddFact(facts, "IOMMU", absl::StrJoin(NamesIn(absl::StrCat(root, "/sys/class/iommu")), ", "));
  const std::string weaknesses = absl::StrCat(root, "/sys/devices/system/cpu/vulnerabilities");
  for (const std::string& name : NamesIn(weaknesses)) {
    AddFact(facts, absl::StrCat("mitigation ", name), TextOf(absl::StrCat(weaknesses, "/", name)));
  }
}

void AddHostSettings(const std::string& root, Facts& facts) {
  const std::vector<uint32_t> cpus = CpusOf(root);
  const auto of_cpus = [&](const char* file) { return Together(OfEach(cpus, root, file)); };
  AddFact(facts, "frequency driver", of_cpus("cpufreq/scaling_driver"));
  AddFact(facts, "frequency governor", of_cpus("cpufreq/scaling_governor"));
  AddFact(facts, "energy preference", of_cpus("cpufreq/energy_performance_preference"));
  for (const Source& source : kSettings) {
    AddFact(facts, source.name, ChosenOf(TextOf(absl::StrCat(root, source.path))));
  }
  for (const char* const name : kSysctls) {
    const std::string path = absl::StrReplaceAll(name, {{".", "/"}});
    AddFact(facts, name, TextOf(absl::StrCat(root, "/proc/sys/", path)));
  }
}

void AddHostReadings(const std::string& root, Facts& facts) {
  AddFact(facts, "frequency", FrequenciesOf(root));
  AddFact(facts, "throttlings", ThrottlingsOf(root));
  AddFact(facts, "load average", TextOf(absl::StrCat(root, "/proc/loadavg")));
  const std::string memory = TextOf(absl::StrCat(root, "/proc/meminfo"));
  for (const char* const key : {"MemTotal", "MemAvailable", "HugePages_Free", "AnonHugePages"}) {
    AddFact(facts, key, ValueOf(memory, key));
  }
}

}  // namespace copycost
