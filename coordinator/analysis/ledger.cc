#include "coordinator/analysis/ledger.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/words.h"
#include "coordinator/analysis/errno_policy.h"
#include "coordinator/analysis/latest_attempts.h"
#include "coordinator/record/host_cpu.h"
#include "coordinator/record/metrics.h"
#include "coordinator/record/stacks.h"

namespace copycost::analysis {
namespace {

using Binomial = boost::math::binomial_distribution<double, ErrnoPolicy>;

// Each side of a 95 % interval.
constexpr double kTail = 0.025;

// What was seen of one host, in all trials together.
struct Host {
  std::map<Work, uint64_t> samples;
  std::map<Work, double> weight;
  uint64_t busy_samples = 0;
  double busy_weight = 0;
  double ns_per_byte = 0;  // sum over trials
};

struct Pool {
  std::map<std::string, Host> hosts;  // by boot id
  absl::Status cost;                  // why CPU time per byte is not known
  int trials = 0;
};

Interval ShareInterval(uint64_t hits, uint64_t samples) {
  const auto n = static_cast<double>(samples), k = static_cast<double>(hits);
  return {Binomial::find_lower_bound_on_p(n, k, kTail),
          Binomial::find_upper_bound_on_p(n, k, kTail)};
}

std::string Folded(const v1::Profile& profile, const v1::Stack& stack) {
  std::string folded = Label(stack.runner());
  for (int frame = stack.frames_size() - 1; frame >= 0; --frame) {
    absl::StrAppend(&folded, ";", record::FrameName(profile, stack, frame));
  }
  return folded;
}

void Add(const v1::Profile& profile, Host& host, CellLedger& ledger) {
  ledger.event = profile.event();
  ledger.hz = profile.hz();
  ledger.lost_samples += profile.lost_samples() + profile.omitted_samples();
  for (const v1::Stack& stack : profile.stacks()) {
    ledger.folded_stacks[Folded(profile, stack)] += stack.samples();
    const Work work = WorkOf(profile, stack);
    if (work == Work::kIdle) {
      ledger.idle_samples += stack.samples();
      continue;
    }
    host.samples[work] += stack.samples();
    host.weight[work] += static_cast<double>(stack.weight());
    host.busy_samples += stack.samples();
    host.busy_weight += static_cast<double>(stack.weight());
    ledger.samples += stack.samples();
  }
}

size_t DataThreadsOn(const std::string& boot_id, v1::Role role, const v1::TrialRecord& trial) {
  std::set<std::pair<std::string, uint32_t>> threads;
  for (const v1::AgentRecord& agent : trial.agents()) {
    if (agent.boot_id() != boot_id) continue;
    for (const v1::FlowEnd& end : agent.prepare().ends()) {
      if (end.role() == role) threads.emplace(agent.agent(), end.thread());
    }
  }
  return threads.size();
}

bool KnowsAllDataThreads(const v1::AgentRecord& sampling, const v1::TrialRecord& trial) {
  const v1::Profile& profile = sampling.finished().profile();
  if (!profile.has_sender_threads() || !profile.has_receiver_threads()) return true;
  return profile.sender_threads() >= DataThreadsOn(sampling.boot_id(), v1::ROLE_SENDER, trial) &&
         profile.receiver_threads() >= DataThreadsOn(sampling.boot_id(), v1::ROLE_RECEIVER, trial);
}

// The reason why a trial has no profile of each host; empty where it has.
std::string WhyAbsent(const v1::TrialRecord& trial) {
  if (trial.outcome() != v1::OUTCOME_OK) {
    return absl::StrCat("trial ", trial.trial_id(), " was ", Label(trial.outcome()), ": ",
                        trial.reason());
  }
  for (const v1::AgentRecord& agent : trial.agents()) {
    if (agent.prepare().instruments().sampling_hz() == 0) continue;
    const v1::Finished& finished = agent.finished();
    if (!finished.has_profile()) return absl::StrCat(agent.agent(), " told of no samples");
    if (!finished.profile().absent().empty()) {
      return absl::StrCat(agent.agent(), ": ", finished.profile().absent());
    }
    if (!KnowsAllDataThreads(agent, trial)) {
      return absl::StrCat(agent.agent(),
                          " cannot see the data threads of its host's other agent, and would take "
                          "them for another program; start both from the same file, in one PID "
                          "namespace, as one user or as root");
    }
  }
  return "";
}

void Add(const v1::TrialRecord& trial, Pool& pool, CellLedger& ledger) {
  ++pool.trials;
  ++ledger.trials;
  const auto costs = record::HostCpuNsPerByteOfEach(trial);
  pool.cost.Update(costs.status());
  for (const v1::AgentRecord& agent : trial.agents()) {
    if (!agent.finished().has_profile()) continue;
    Host& host = pool.hosts[agent.boot_id()];
    Add(agent.finished().profile(), host, ledger);
    if (costs.ok()) host.ns_per_byte += costs->at(agent.boot_id());
  }
}

struct Figure {
  double middle = 0, low = 0, high = 0;
};

// Over hosts, each weighed by what a byte cost there, or, where that is not known, by its samples.
Figure ShareOf(Work work, const Pool& pool) {
  Figure sum;
  double all = 0;
  for (const auto& [boot_id, host] : pool.hosts) {
    const double of_host =
        pool.cost.ok() ? host.ns_per_byte : static_cast<double>(host.busy_samples);
    all += of_host;
    const auto hits = host.samples.find(work);
    const uint64_t samples = hits == host.samples.end() ? 0 : hits->second;
    const Interval interval = ShareInterval(samples, host.busy_samples);
    double share = 0, stretch = 1;  // of cycles, a sample stands for more or fewer
    if (samples > 0) {
      share = host.weight.at(work) / host.busy_weight;
      stretch = share * static_cast<double>(host.busy_samples) / static_cast<double>(samples);
    }
    sum.middle += share * of_host;
    sum.low += std::min(1.0, interval.low * stretch) * of_host;
    sum.high += std::min(1.0, interval.high * stretch) * of_host;
  }
  if (all <= 0) return {};
  return {sum.middle / all, sum.low / all, sum.high / all};
}

LedgerLine LineOf(Work work, const Pool& pool) {
  LedgerLine line;
  line.work = work;
  double ns_per_byte = 0;
  for (const auto& [boot_id, host] : pool.hosts) {
    const auto hits = host.samples.find(work);
    if (hits != host.samples.end()) line.samples += hits->second;
    ns_per_byte += host.ns_per_byte / pool.trials;
  }
  const Figure share = ShareOf(work, pool);
  line.share = share.middle;
  line.share_interval = {share.low, share.high};
  if (!pool.cost.ok()) {
    line.ns_per_byte = pool.cost;
    line.ns_per_byte_interval = pool.cost;
    return line;
  }
  line.ns_per_byte = share.middle * ns_per_byte;
  line.ns_per_byte_interval = Interval{share.low * ns_per_byte, share.high * ns_per_byte};
  return line;
}

const record::Metric& Goodput() {
  const auto metrics = record::Metrics();
  return *std::find_if(metrics.begin(), metrics.end(), [](const record::Metric& metric) {
    return metric.column == "goodput_gbps";
  });
}

void TellPerturbation(const std::map<uint32_t, double>& with,
                      const std::map<uint32_t, double>& without, CellLedger& ledger) {
  std::vector<double> ratios;
  for (const auto& [block, goodput] : with) {
    const auto found = without.find(block);
    if (found != without.end() && found->second > 0) ratios.push_back(goodput / found->second - 1);
  }
  ledger.perturbation_blocks = static_cast<int>(ratios.size());
  if (ratios.empty()) {
    ledger.perturbation =
        absl::FailedPreconditionError("no block has the cell with sampling and without");
  } else {
    ledger.perturbation = Median(std::move(ratios));
  }
}

bool HasSamplesOfEach(const Pool& pool) {
  return std::all_of(pool.hosts.begin(), pool.hosts.end(),
                     [](const auto& host) { return host.second.busy_samples > 0; });
}

CellLedger LedgerOf(const v1::Cell& cell, const std::vector<const v1::TrialRecord*>& trials) {
  CellLedger ledger;
  ledger.cell = cell;
  Pool pool;
  std::map<uint32_t, double> with, without;
  for (const v1::TrialRecord* trial : trials) {
    const bool samples = trial->purpose() == v1::PURPOSE_LEDGER;
    if (trial->outcome() == v1::OUTCOME_OK) {
      const absl::StatusOr<double> goodput = Goodput().of(*trial);
      if (goodput.ok()) (samples ? with : without)[trial->block()] = *goodput;
    }
    if (!samples) continue;
    const std::string why = WhyAbsent(*trial);
    if (why.empty()) {
      Add(*trial, pool, ledger);
    } else if (ledger.reason.empty()) {
      ledger.reason = why;
    }
  }
  TellPerturbation(with, without, ledger);
  if (ledger.trials > 0) ledger.reason.clear();
  if (ledger.trials == 0 && ledger.reason.empty()) ledger.reason = "no trial for it was run";
  // Shares of nothing would be zeros.
  if (ledger.trials > 0 && !HasSamplesOfEach(pool)) {
    ledger.reason = "no sample was of a busy CPU";
    ledger.trials = 0;
  }
  if (ledger.trials == 0) return ledger;
  for (const WorkName& name : WorkNames()) {
    if (name.work != Work::kIdle) ledger.lines.push_back(LineOf(name.work, pool));
  }
  return ledger;
}

}  // namespace

std::vector<CellLedger> Ledgers(const record::Run& run) {
  if (!run.info.plan().experiment().has_ledger_hz()) return {};
  std::map<uint32_t, std::vector<const v1::TrialRecord*>> of_cell;
  for (const v1::TrialRecord* trial : LatestAttempts(run)) {
    if (trial->purpose() != v1::PURPOSE_VERIFY) of_cell[trial->cell_id()].push_back(trial);
  }
  std::vector<CellLedger> ledgers;
  for (const v1::Cell& cell : run.info.plan().cells()) {
    ledgers.push_back(LedgerOf(cell, of_cell[cell.id()]));
  }
  return ledgers;
}

}  // namespace copycost::analysis
