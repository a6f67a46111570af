#include "coordinator/record/events.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/events.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/record/ends.h"

namespace copycost::record {
namespace {

using Of = EventColumn::Of;
using Counts = google::protobuf::RepeatedPtrField<v1::EventCount>;

constexpr double kLeastShare = 0.5;
constexpr double kFullShare = 0.9;

v1::Role RoleOf(Of of) { return of == Of::kSenders ? v1::ROLE_SENDER : v1::ROLE_RECEIVER; }

absl::StatusOr<const v1::EventCount*> Find(const Counts& counts, const EventColumn& column) {
  for (const v1::EventCount& count : counts) {
    if (count.event() == column.event) return &count;
  }
  return Absent(absl::StrCat("an agent did not tell of ", column.event));
}

// What each thread of the role tells.
absl::StatusOr<std::vector<const v1::ThreadCounts*>> ThreadsOf(const v1::TrialRecord& trial,
                                                               v1::Role role) {
  std::vector<const v1::ThreadCounts*> all;
  for (const v1::AgentRecord& agent : trial.agents()) {
    RETURN_IF_ERROR(EndsOf(agent, role).status());
    std::set<uint32_t> due;
    for (const v1::FlowEnd& end : agent.prepare().ends()) {
      if (end.role() == role) due.insert(end.thread());
    }
    for (const v1::ThreadCounts& thread : agent.finished().thread_counts()) {
      if (thread.role() != role || due.erase(thread.thread()) == 0) continue;
      all.push_back(&thread);
    }
    if (!due.empty()) return Absent("an agent did not tell what it counted of a thread");
  }
  if (all.empty()) return Absent(absl::StrCat("no agent was a ", Label(role)));
  return all;
}

absl::StatusOr<std::vector<const v1::EventCount*>> OfThreads(const v1::TrialRecord& trial,
                                                             const EventColumn& column) {
  ASSIGN_OR_RETURN(const auto threads, ThreadsOf(trial, RoleOf(column.of)));
  std::vector<const v1::EventCount*> all;
  for (const v1::ThreadCounts* thread : threads) {
    ASSIGN_OR_RETURN(all.emplace_back(), Find(thread->events(), column));
  }
  return all;
}

// What each CPU of every host tells.
absl::StatusOr<std::vector<const v1::EventCount*>> OfCpus(const v1::TrialRecord& trial,
                                                          const EventColumn& column) {
  std::set<std::string> hosts, told;
  std::vector<const v1::EventCount*> all;
  for (const v1::AgentRecord& agent : trial.agents()) {
    hosts.insert(agent.boot_id());
    if (agent.finished().cpu_counts().empty() || !told.insert(agent.boot_id()).second) continue;
    for (const v1::CpuCounts& cpu : agent.finished().cpu_counts()) {
      ASSIGN_OR_RETURN(all.emplace_back(), Find(cpu.events(), column));
    }
  }
  if (told.size() < hosts.size() || all.empty()) {
    return Absent("no agent of a host told what it counted of its CPUs");
  }
  return all;
}

absl::StatusOr<std::vector<const v1::EventCount*>> CountsOf(const v1::TrialRecord& trial,
                                                            const EventColumn& column) {
  return column.of == Of::kHosts ? OfCpus(trial, column) : OfThreads(trial, column);
}

double ShareCounted(const v1::EventCount& count) {
  return static_cast<double>(count.running_ns()) / static_cast<double>(count.enabled_ns());
}

absl::StatusOr<double> ValueOf(const v1::EventCount& count, const EventColumn& column) {
  if (!count.absent().empty()) return Absent(count.absent());
  if (count.user_only() != column.user_only) {
    return Absent(count.user_only() ? "counted in user mode only" : "counted with the kernel");
  }
  if (count.running_ns() <= 0 || count.enabled_ns() < count.running_ns()) {
    return Absent("never counted in the window");
  }
  const double share = ShareCounted(count);
  if (share < kLeastShare) {
    return Absent(
        absl::StrFormat("counted for %.0f %% of the time only: the PMU was shared", 100 * share));
  }
  return static_cast<double>(count.value()) / share;
}

}  // namespace

std::string ColumnWord(const std::string& event) {
  std::string word = event;
  for (char& letter : word) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(letter))) letter = '_';
  }
  return word;
}

std::vector<EventColumn> EventColumnsOf(const v1::Experiment& experiment) {
  std::vector<EventColumn> columns;
  for (const std::string& event : experiment.events()) {
    if (event == kNoEvents) continue;
    const std::string word = ColumnWord(event);
    for (const bool user_only : {false, true}) {
      if (user_only && IsKernelsOwn(event)) continue;
      const absl::string_view mode = user_only ? "_user" : "";
      columns.push_back({absl::StrCat("sender_", word, mode), event, Of::kSenders, user_only});
      columns.push_back({absl::StrCat("receiver_", word, mode), event, Of::kReceivers, user_only});
    }
    columns.push_back({absl::StrCat("host_", word), event, Of::kHosts, false});
  }
  return columns;
}

absl::StatusOr<double> EventValue(const v1::TrialRecord& trial, const EventColumn& column) {
  ASSIGN_OR_RETURN(const auto counts, CountsOf(trial, column));
  double sum = 0;
  for (const v1::EventCount* count : counts) {
    ASSIGN_OR_RETURN(const double value, ValueOf(*count, column));
    sum += value;
  }
  return sum;
}

bool IsWaiting(const v1::TrialRecord& trial, const EventColumn& column) {
  const auto counts = CountsOf(trial, column);
  return counts.ok() && std::all_of(counts->begin(), counts->end(),
                                    [](const auto* count) { return count->waiting(); });
}

absl::StatusOr<double> RunDelayShare(const v1::TrialRecord& trial, v1::Role role) {
  ASSIGN_OR_RETURN(const auto threads, ThreadsOf(trial, role));
  double delay_ns = 0, all_ns = 0;
  for (const v1::ThreadCounts* thread : threads) {
    if (!thread->has_run_delay_ns()) {
      return Absent("a kernel does not tell how long a thread waited for a CPU");
    }
    delay_ns += static_cast<double>(thread->run_delay_ns());
    all_ns += static_cast<double>(thread->interval_ns());
  }
  if (all_ns <= 0) return Absent("a thread's waits were read over no interval");
  return delay_ns / all_ns;
}

bool IsMultiplexed(const v1::TrialRecord& trial) {
  const auto any = [](const Counts& counts) {
    return std::any_of(counts.begin(), counts.end(), [](const v1::EventCount& count) {
      return count.absent().empty() && count.running_ns() > 0 && ShareCounted(count) < kFullShare;
    });
  };
  for (const v1::AgentRecord& agent : trial.agents()) {
    for (const v1::ThreadCounts& thread : agent.finished().thread_counts()) {
      if (any(thread.events())) return true;
    }
    for (const v1::CpuCounts& cpu : agent.finished().cpu_counts()) {
      if (any(cpu.events())) return true;
    }
  }
  return false;
}

}  // namespace copycost::record
