#include "coordinator/drive/trial_driver.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "common/utf8.h"
#include "coordinator/drive/attempt.h"
#include "coordinator/drive/flow_layout.h"
#include "coordinator/drive/judge.h"
#include "coordinator/experiment/host_limits.h"
#include "coordinator/experiment/ring_depth.h"
#include "coordinator/fleet/restore.h"
#include "coordinator/record/identity.h"

namespace copycost {
namespace {

std::optional<uint64_t> LockedMemoryOf(const std::vector<FleetAgent>& agents,
                                       const v1::Workload& workload) {
  return LockedMemoryFor(workload, LimitsOf(agents[0].description, agents[1].description));
}

// Any two trials verify other bytes.
uint64_t RandomSeed() {
  uint64_t seed = 0;
  for (const char byte : RandomNonce().substr(0, sizeof(seed))) {
    seed = seed << 8 | static_cast<unsigned char>(byte);
  }
  return seed;
}

v1::Outcome OutcomeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return v1::OUTCOME_OK;
    case absl::StatusCode::kDataLoss:
      return v1::OUTCOME_INVALID;
    case absl::StatusCode::kCancelled:
      return v1::OUTCOME_INTERRUPTED;
    default:
      return v1::OUTCOME_FAILED;
  }
}

}  // namespace

TrialDriver::TrialDriver(Clock& clock, std::vector<FleetAgent>& agents, Options options)
    : clock_(clock), agents_(agents), options_(std::move(options)) {}

absl::StatusOr<v1::TrialRecord> TrialDriver::Run(const TrialOrder& order,
                                                 const OnAttempt& on_attempt) {
  uint32_t failures = order.transport_failures;
  for (uint32_t attempt = order.attempt;; ++attempt) {
    RETURN_IF_ERROR(Restore());
    const absl::Status clocks = RefreshClocks(agents_);
    v1::TrialRecord record = NewRecord(order, attempt);
    const absl::Status laid_out = LayOut(record);
    Conclude(!clocks.ok() ? clocks : !laid_out.ok() ? laid_out : RunAttempt(record), record);
    if (record.transport_failure()) record.set_transport_failures(++failures);
    RETURN_IF_ERROR(on_attempt(record));
    if (IsOver(PastAttemptOf(record)) || interrupted()) return record;
  }
}

absl::Status TrialDriver::Restore() {
  if (!lost_agent_) return absl::OkStatus();
  options_.on_waiting(absl::StrCat("waiting up to ", absl::FormatDuration(options_.return_limit),
                                   " for the lost agent to come back"));
  RETURN_IF_ERROR(RestoreAgents(
      agents_,
      {.hold = options_.hold,
       .deadline = clock_.Now() + options_.return_limit,
       .changes = [](const v1::Description& before,
                     const v1::Description& now) { return record::ChangesOf(before, now); },
       .interrupted = [this] { return interrupted(); }},
      clock_));
  lost_agent_ = false;
  return absl::OkStatus();
}

void TrialDriver::Interrupt() {
  interrupted_ = true;
  MutexLock lock(mutex_);
  if (running_ != nullptr) running_->Interrupt();
}

v1::TrialRecord TrialDriver::NewRecord(const TrialOrder& order, uint32_t attempt) const {
  v1::TrialRecord record;
  record.set_trial_id(order.trial_id);
  record.set_attempt(attempt);
  record.set_session(options_.session);
  record.set_block(order.block);
  record.set_cell_id(order.cell_id);
  record.set_purpose(order.purpose);
  record.set_started_unix_ns(absl::ToUnixNanos(clock_.WallNow()));
  v1::Workload& workload = *record.mutable_workload();
  workload = order.workload;
  workload.set_ring_depth(ResolveRingDepth(workload, LockedMemoryOf(agents_, workload)));

  const uint64_t seed = RandomSeed();
  for (const FleetAgent& agent : agents_) {
    v1::AgentRecord& part = *record.add_agents();
    part.set_agent(agent.member.name);
    part.set_boot_id(agent.description.boot_id());
    part.set_cpus(static_cast<uint32_t>(agent.description.cpus_size()));
    part.set_clock_offset_ns(absl::ToInt64Nanoseconds(agent.clock.offset));
    part.set_clock_error_ns(absl::ToInt64Nanoseconds(agent.clock.error));
    v1::Prepare& prepare = *part.mutable_prepare();
    prepare.set_trial_id(order.trial_id);
    prepare.set_attempt(attempt);
    prepare.set_epoch(agent.lease == nullptr ? 0 : agent.lease->epoch());
    prepare.set_purpose(order.purpose);
    *prepare.mutable_workload() = workload;
    prepare.set_data_address(DataAddressOf(agent.member, workload.ip_version()));
    prepare.set_content_seed(seed);
  }
  if (order.purpose == v1::PURPOSE_MEASURE) AddInstruments(record);
  if (order.purpose == v1::PURPOSE_LEDGER) AddSampling(record);
  return record;
}

// The same for every trial of a block, whose cells are compared. CPUs are counted by one agent of
// each host.
void TrialDriver::AddInstruments(v1::TrialRecord& record) const {
  const google::protobuf::RepeatedPtrField<v1::EventGroup> groups(options_.events.begin(),
                                                                  options_.events.end());
  std::set<std::string> hosts;
  for (v1::AgentRecord& agent : *record.mutable_agents()) {
    v1::Instruments& instruments = *agent.mutable_prepare()->mutable_instruments();
    *instruments.mutable_thread_groups() = groups;
    if (hosts.insert(agent.boot_id()).second) *instruments.mutable_cpu_groups() = groups;
    instruments.set_turn(record.block());
  }
}

void TrialDriver::AddSampling(v1::TrialRecord& record) const {
  std::set<std::string> hosts;
  for (v1::AgentRecord& agent : *record.mutable_agents()) {
    const bool first = hosts.insert(agent.boot_id()).second;
    v1::Instruments& instruments = *agent.mutable_prepare()->mutable_instruments();
    if (first) instruments.set_sampling_hz(options_.ledger_hz);
  }
}

absl::Status TrialDriver::LayOut(v1::TrialRecord& record) const {
  const v1::Workload& workload = record.workload();
  std::vector<PlacementHost> hosts;
  for (const FleetAgent& agent : agents_) {
    hosts.push_back(
        PlacementHostOf(agent.description, DataAddressOf(agent.member, workload.ip_version())));
  }
  ASSIGN_OR_RETURN(auto ends, LayOutFlows(hosts,
                                          {.placement = workload.placement(),
                                           .threads = workload.threads(),
                                           .flows_per_thread = workload.flows_per_thread()},
                                          RandomNonce));
  for (size_t agent = 0; agent < ends.size(); ++agent) {
    v1::Prepare& prepare = *record.mutable_agents(static_cast<int>(agent))->mutable_prepare();
    for (v1::FlowEnd& end : ends[agent]) *prepare.add_ends() = std::move(end);
  }
  return absl::OkStatus();
}

absl::Status TrialDriver::RunAttempt(v1::TrialRecord& record) {
  Attempt attempt(clock_, agents_, record);
  {
    MutexLock lock(mutex_);
    running_ = &attempt;
    if (interrupted()) attempt.Interrupt();
  }
  absl::Status status = attempt.Run();
  {
    MutexLock lock(mutex_);
    running_ = nullptr;
  }
  return status;
}

void TrialDriver::Conclude(absl::Status status, v1::TrialRecord& record) {
  lost_agent_ = IsLostAgent(status);
  if (status.ok()) status = CheckFinished(record);
  if (status.ok()) {
    for (const v1::Flag flag : FlagsOf(record)) record.add_flags(flag);
  }
  record.set_outcome(OutcomeOf(status));
  record.set_transport_failure(absl::IsUnavailable(status));
  // An agent's words: other bytes than UTF-8 could be stored, but not be read back.
  record.set_reason(ToUtf8(status.message()));
  record.set_ended_unix_ns(absl::ToUnixNanos(clock_.WallNow()));
}

}  // namespace copycost
