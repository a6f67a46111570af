#include "coordinator/record/host_cpu.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "coordinator/record/ends.h"

namespace copycost::record {
namespace {

using Nanoseconds = int64_t (v1::HostCpu::*)() const;

// What /proc/stat counts in: USER_HZ, which is 100 on every architecture we build for (proc(5)).
constexpr double kTickNs = 1e7;

// Of a window to the interval between two readings. A runner that had no CPU when the window opened
// may take both when it closes.
constexpr double kMostOfInterval = 1.25;

struct Host {
  const v1::AgentRecord* reader = nullptr;  // the agent whose reading counts
  bool receives = false;
  double threads_ns = 0;  // CPU time of its data threads in their windows
  double accepted_bytes = 0;
  double taken_bytes = 0;
};

absl::StatusOr<double> WindowBytes(const v1::AgentRecord& agent, v1::Role role) {
  ASSIGN_OR_RETURN(const auto ends, EndsOf(agent, role));
  double bytes = 0;
  for (const v1::FlowResult* end : ends) {
    ASSIGN_OR_RETURN(const v1::WindowCounts* window, WindowOf(*end));
    bytes += static_cast<double>(window->bytes());
  }
  return bytes;
}

absl::Status Add(const v1::AgentRecord& agent, Host& host) {
  const bool receives = HasEnds(agent, v1::ROLE_RECEIVER);
  if (host.reader == nullptr || (receives && !host.receives)) host.reader = &agent;
  host.receives = host.receives || receives;
  ASSIGN_OR_RETURN(const double accepted, WindowBytes(agent, v1::ROLE_SENDER));
  ASSIGN_OR_RETURN(const double taken, WindowBytes(agent, v1::ROLE_RECEIVER));
  for (const v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    ASSIGN_OR_RETURN(const double threads_ns, ThreadCpuNs(agent, role));
    host.threads_ns += threads_ns;
  }
  host.accepted_bytes += accepted;
  host.taken_bytes += taken;
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, Host>> HostsOf(const v1::TrialRecord& trial) {
  // Tells attempts without windows, and without senders or receivers, in the words of the others.
  RETURN_IF_ERROR(WindowsOf(trial, v1::ROLE_SENDER).status());
  RETURN_IF_ERROR(WindowsOf(trial, v1::ROLE_RECEIVER).status());
  std::map<std::string, Host> hosts;
  for (const v1::AgentRecord& agent : trial.agents()) {
    if (agent.boot_id().empty()) {
      return Absent(absl::StrCat("agent '", agent.agent(), "' did not say which host it is on"));
    }
    RETURN_IF_ERROR(Add(agent, hosts[agent.boot_id()]));
  }
  return hosts;
}

absl::StatusOr<const v1::HostCpu*> ReadingOf(const Host& host) {
  if (host.reader->finished().has_host_cpu()) return &host.reader->finished().host_cpu();
  return Absent(absl::StrCat("agent '", host.reader->agent(), "' read no host CPU time"));
}

absl::StatusOr<const v1::HostCpu*> ReadingWithCpus(const Host& host) {
  ASSIGN_OR_RETURN(const v1::HostCpu* reading, ReadingOf(host));
  if (!reading->cpus().empty()) return reading;
  return Absent(absl::StrCat("agent '", host.reader->agent(), "' told of no single CPU"));
}

// As the clock's interrupts saw it: fit for telling kinds of work from each other only.
double SeenBusyNs(const v1::CpuTime& cpu) {
  return static_cast<double>(cpu.user_ns() + cpu.system_ns() + cpu.irq_ns() + cpu.softirq_ns());
}

// Without NO_HZ, idle time is what the clock's interrupts saw of it as well, and work in step with
// them is not seen at all.
absl::Status CheckSeesItsThreads(const Host& host, double share) {
  const v1::HostCpu& reading = host.reader->finished().host_cpu();
  const double most_ns = share * (static_cast<double>(reading.busy_ns()) +
                                  static_cast<double>(reading.resolution_ns()));
  if (most_ns >= host.threads_ns) return absl::OkStatus();
  return Absent(absl::StrCat("the host of agent '", host.reader->agent(),
                             "' says that its CPUs were busy for less time than its data threads "
                             "alone ran: its kernel sees only what its clock interrupts"));
}

// /proc/stat is read beside the flows' windows, by another thread: the mean window of the agent's
// ends over the interval between the two readings. Bytes and CPU time are then of one length.
absl::StatusOr<double> WindowPerInterval(const v1::AgentRecord& agent, bool receives) {
  const int64_t interval_ns = agent.finished().host_cpu().interval_ns();
  if (interval_ns <= 0) {
    return Absent(absl::StrCat("agent '", agent.agent(), "' read host CPU time over no interval"));
  }
  double window_ns = 0;
  int ends = 0;
  for (const v1::FlowResult& flow : agent.finished().flows()) {
    if ((flow.role() == v1::ROLE_RECEIVER) != receives) continue;
    window_ns += static_cast<double>(flow.window().closed_ns() - flow.window().opened_ns());
    ++ends;
  }
  if (ends == 0) return Absent(absl::StrCat("agent '", agent.agent(), "' has no window"));
  const double share = window_ns / ends / static_cast<double>(interval_ns);
  if (share <= kMostOfInterval) return share;
  return Absent(absl::StrCat("agent '", agent.agent(), "' read host CPU time over ", interval_ns,
                             " ns only, a fraction of its window"));
}

// Hosts that receive are divided by all that was taken, the others by all that was accepted there.
absl::StatusOr<std::map<std::string, double>> NsPerByteOfEach(const v1::TrialRecord& trial,
                                                              Nanoseconds ns) {
  ASSIGN_OR_RETURN(const auto hosts, HostsOf(trial));
  double taken_bytes = 0, accepted_bytes = 0;
  for (const auto& [boot_id, host] : hosts) {
    (host.receives ? taken_bytes : accepted_bytes) +=
        host.receives ? host.taken_bytes : host.accepted_bytes;
  }
  std::map<std::string, double> each;
  for (const auto& [boot_id, host] : hosts) {
    ASSIGN_OR_RETURN(const v1::HostCpu* reading, ReadingOf(host));
    ASSIGN_OR_RETURN(const double share, WindowPerInterval(*host.reader, host.receives));
    RETURN_IF_ERROR(CheckSeesItsThreads(host, share));
    const double bytes = host.receives ? taken_bytes : accepted_bytes;
    if (bytes == 0) return Absent("a host moved no byte in its window");
    each[boot_id] = share * static_cast<double>((reading->*ns)()) / bytes;
  }
  return each;
}

absl::StatusOr<double> HostNsPerByte(const v1::TrialRecord& trial, Nanoseconds ns) {
  ASSIGN_OR_RETURN(const auto each, NsPerByteOfEach(trial, ns));
  double sum = 0;
  for (const auto& [boot_id, ns_per_byte] : each) sum += ns_per_byte;
  return sum;
}

}  // namespace

absl::StatusOr<double> HostCpuNsPerByte(const v1::TrialRecord& trial) {
  return HostNsPerByte(trial, &v1::HostCpu::busy_ns);
}

absl::StatusOr<std::map<std::string, double>> HostCpuNsPerByteOfEach(const v1::TrialRecord& trial) {
  return NsPerByteOfEach(trial, &v1::HostCpu::busy_ns);
}

absl::StatusOr<double> HostCpuResolutionNsPerByte(const v1::TrialRecord& trial) {
  return HostNsPerByte(trial, &v1::HostCpu::resolution_ns);
}

absl::StatusOr<double> HostStealShare(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto hosts, HostsOf(trial));
  double stolen_ns = 0, all_ns = 0;
  for (const auto& [boot_id, host] : hosts) {
    ASSIGN_OR_RETURN(const v1::HostCpu* reading, ReadingOf(host));
    // A reading's resolution is a tick for each CPU, which tells how many the host has.
    const double cpus = static_cast<double>(reading->resolution_ns()) / kTickNs;
    stolen_ns += static_cast<double>(reading->steal_ns());
    all_ns += cpus * static_cast<double>(reading->interval_ns());
  }
  if (all_ns <= 0) return Absent("host CPU time was read over no interval");
  return stolen_ns / all_ns;
}

absl::StatusOr<double> HostSoftirqShare(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto hosts, HostsOf(trial));
  double interrupts_ns = 0, busy_ns = 0;
  for (const auto& [boot_id, host] : hosts) {
    ASSIGN_OR_RETURN(const v1::HostCpu* reading, ReadingWithCpus(host));
    for (const v1::CpuTime& cpu : reading->cpus()) {
      interrupts_ns += static_cast<double>(cpu.irq_ns() + cpu.softirq_ns());
      busy_ns += SeenBusyNs(cpu);
    }
  }
  if (busy_ns <= 0) return Absent("no CPU was seen busy by an interrupt of its clock");
  return interrupts_ns / busy_ns;
}

absl::StatusOr<double> BusiestCpuShare(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto hosts, HostsOf(trial));
  double busiest = 0;
  for (const auto& [boot_id, host] : hosts) {
    ASSIGN_OR_RETURN(const v1::HostCpu* reading, ReadingWithCpus(host));
    if (reading->interval_ns() <= 0) return Absent("host CPU time was read over no interval");
    for (const v1::CpuTime& cpu : reading->cpus()) {
      const double free_ns =
          static_cast<double>(cpu.idle_ns()) + static_cast<double>(cpu.steal_ns());
      busiest = std::max(busiest, 1 - free_ns / static_cast<double>(reading->interval_ns()));
    }
  }
  return busiest;
}

absl::StatusOr<double> Softirqs(const v1::TrialRecord& trial, absl::string_view kind) {
  ASSIGN_OR_RETURN(const auto hosts, HostsOf(trial));
  double sum = 0;
  for (const auto& [boot_id, host] : hosts) {
    ASSIGN_OR_RETURN(const v1::HostCpu* reading, ReadingOf(host));
    const auto& told = reading->softirqs();
    const auto found = std::find_if(told.begin(), told.end(), [&](const v1::SoftirqCount& count) {
      return count.kind() == kind;
    });
    if (found == told.end()) return Absent(absl::StrCat("a host does not tell of ", kind));
    sum += static_cast<double>(found->count());
  }
  return sum;
}

}  // namespace copycost::record
