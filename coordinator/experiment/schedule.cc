#include "coordinator/experiment/schedule.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "coordinator/experiment/shuffle.h"
#include "coordinator/record/verified_path.h"

namespace copycost {
namespace {

std::string VerificationId(size_t index) { return absl::StrFormat("v%02d", index + 1); }

std::string TrialId(v1::Purpose purpose, uint32_t block, uint32_t cell_id) {
  return absl::StrFormat("%c%03d-c%03d", purpose == v1::PURPOSE_LEDGER ? 'l' : 'b', block, cell_id);
}

Schedule Replay(const v1::Plan& plan, absl::Span<const PastAttempt> history) {
  Schedule schedule(plan);
  for (const PastAttempt& attempt : history) schedule.Record(attempt);
  return schedule;
}

}  // namespace

PastAttempt PastAttemptOf(const v1::TrialRecord& attempt) {
  return {.trial_id = attempt.trial_id(),
          .outcome = attempt.outcome(),
          .attempt = attempt.attempt(),
          .transport_failure = attempt.transport_failure(),
          .transport_failures = attempt.transport_failures()};
}

std::vector<PastAttempt> HistoryOf(const record::Run& run) {
  int unchanged_since = 0;
  for (int i = 0; i < run.info.sessions_size(); ++i) {
    if (run.info.sessions(i).changes_size() > 0) unchanged_since = i + 1;
  }
  std::vector<PastAttempt> history;
  for (const v1::TrialRecord& attempt : run.attempts) {
    history.push_back(PastAttemptOf(attempt));
    const bool stale = static_cast<int>(attempt.session()) < unchanged_since;
    if (stale && attempt.purpose() == v1::PURPOSE_VERIFY) {
      history.back().outcome = v1::OUTCOME_INTERRUPTED;
      history.back().transport_failures = 0;
    }
  }
  return history;
}

bool IsOver(const PastAttempt& attempt) {
  if (attempt.outcome == v1::OUTCOME_INTERRUPTED) return false;
  return !attempt.transport_failure || attempt.transport_failures >= kMostTransportFailures;
}

Schedule::Schedule(const v1::Plan& plan) : plan_(plan) {
  std::map<record::VerifiedPath, size_t> known;
  const auto path_of = [&](const v1::Workload& workload) {
    const auto [path, is_new] = known.try_emplace(record::PathOf(workload), paths_.size());
    if (is_new) paths_.emplace_back();
    return path->second;
  };
  for (const v1::Workload& workload : plan.verifications()) {
    const size_t path = path_of(workload);
    const size_t index = verifications_.size();
    verifications_.push_back({VerificationId(index), path, v1::OUTCOME_UNSPECIFIED});
    verification_of_id_[verifications_.back().trial_id] = index;
    ++paths_[path].open;
  }
  for (const v1::Cell& cell : plan.cells()) {
    path_of_cell_.push_back(path_of(cell.workload()));
    ++paths_[path_of_cell_.back()].cells;
  }
}

void Schedule::Record(const PastAttempt& attempt) {
  if (!IsOver(attempt)) {
    LeftOpen& latest = left_open_[attempt.trial_id];
    if (attempt.attempt > latest.attempt) {
      latest = {attempt.attempt, attempt.transport_failures};
    }
    return;
  }
  left_open_.erase(attempt.trial_id);
  const auto verification = verification_of_id_.find(attempt.trial_id);
  if (verification != verification_of_id_.end()) {
    RecordVerification(verifications_[verification->second], attempt.outcome);
  } else {
    over_.insert(attempt.trial_id);
  }
}

void Schedule::RecordVerification(Verification& verification, v1::Outcome outcome) {
  if (verification.outcome == v1::OUTCOME_OK) return;
  Path& path = paths_[verification.path];
  const bool was_over = verification.outcome != v1::OUTCOME_UNSPECIFIED;
  verification.outcome = outcome;
  if (!was_over) {
    --path.open;
    if (outcome != v1::OUTCOME_OK) ++path.failed;
  } else if (outcome == v1::OUTCOME_OK) {
    // A later attempt succeeded: cells that were passed over may be measured after all.
    --path.failed;
    Rewind();
  }
}

std::optional<TrialOrder> Schedule::Next(const std::set<std::string>& busy) {
  if (auto order = NextVerification(busy)) return order;
  return NextOfBlocks(busy);
}

std::optional<TrialOrder> Schedule::NextVerification(const std::set<std::string>& busy) {
  const auto is_over = [&](size_t index) {
    return verifications_[index].outcome != v1::OUTCOME_UNSPECIFIED;
  };
  while (next_verification_ < verifications_.size() && is_over(next_verification_)) {
    ++next_verification_;
  }
  for (size_t i = next_verification_; i < verifications_.size(); ++i) {
    const std::string& trial_id = verifications_[i].trial_id;
    if (is_over(i) || busy.count(trial_id) > 0) continue;
    TrialOrder order{.trial_id = trial_id,
                     .block = 0,
                     .cell_id = 0,
                     .purpose = v1::PURPOSE_VERIFY,
                     .workload = plan_.verifications(static_cast<int>(i))};
    SetAttempt(order);
    return order;
  }
  return std::nullopt;
}

std::optional<TrialOrder> Schedule::NextOfBlocks(const std::set<std::string>& busy) {
  if (!AnythingToMeasure()) return std::nullopt;
  PassSettled();
  for (uint32_t block = block_; block <= plan_.experiment().repeats(); ++block) {
    bool waiting = false;
    for (size_t i = block == block_ ? position_ : 0; i < Positions(); ++i) {
      TrialOrder order = OrderAt(block, i);
      const Standing standing = StandingOf(order, busy);
      waiting = waiting || standing == Standing::kWaiting;
      if (standing != Standing::kReady) continue;
      order.workload = plan_.cells(static_cast<int>(order.cell_id) - 1).workload();
      SetAttempt(order);
      return order;
    }
    if (waiting) break;  // this block is not done
  }
  return std::nullopt;
}

size_t Schedule::Positions() const {
  const auto cells = static_cast<size_t>(plan_.cells_size());
  return plan_.experiment().has_ledger_hz() ? 2 * cells : cells;
}

// Without its workload.
TrialOrder Schedule::OrderAt(uint32_t block, size_t position) {
  const std::vector<uint32_t>& cells = OrderOf(block);
  const v1::Purpose purpose = position < cells.size() ? v1::PURPOSE_MEASURE : v1::PURPOSE_LEDGER;
  const uint32_t cell_id = plan_.cells(static_cast<int>(cells[position % cells.size()])).id();
  return {.trial_id = TrialId(purpose, block, cell_id),
          .block = block,
          .cell_id = cell_id,
          .purpose = purpose,
          .workload = {}};
}

void Schedule::SetAttempt(TrialOrder& order) const {
  const auto open = left_open_.find(order.trial_id);
  if (open == left_open_.end()) return;
  order.attempt = open->second.attempt + 1;
  order.transport_failures = open->second.transport_failures;
}

// Without this a run whose every path failed would look through all its blocks.
bool Schedule::AnythingToMeasure() const {
  return std::any_of(path_of_cell_.begin(), path_of_cell_.end(),
                     [&](size_t path) { return paths_[path].failed == 0; });
}

void Schedule::PassSettled() {
  const std::set<std::string> none;
  while (block_ <= plan_.experiment().repeats()) {
    while (position_ < Positions() &&
           StandingOf(OrderAt(block_, position_), none) == Standing::kSettled) {
      ++position_;
    }
    if (position_ < Positions()) return;
    orders_.erase(block_);
    ++block_;
    position_ = 0;
  }
}

Schedule::Standing Schedule::StandingOf(const TrialOrder& order,
                                        const std::set<std::string>& busy) const {
  const Path& path = paths_[path_of_cell_[order.cell_id - 1]];
  if (path.failed > 0) return Standing::kSettled;
  if (over_.count(order.trial_id) > 0) return Standing::kSettled;
  if (path.open > 0) return Standing::kWaiting;
  return busy.count(order.trial_id) > 0 ? Standing::kBusy : Standing::kReady;
}

const std::vector<uint32_t>& Schedule::OrderOf(uint32_t block) {
  std::vector<uint32_t>& order = orders_[block];
  if (order.empty()) {
    order = ShuffledOrder(plan_.cells_size(), plan_.experiment().seed(), block);
  }
  return order;
}

void Schedule::Rewind() {
  block_ = 1;
  position_ = 0;
}

uint64_t Schedule::PassedOver() const {
  uint64_t cells = 0;
  for (const Path& path : paths_) cells += path.failed > 0 ? path.cells : 0;
  return cells * plan_.experiment().repeats() * (plan_.experiment().has_ledger_hz() ? 2 : 1);
}

std::vector<FailedVerification> Schedule::FailedVerifications() const {
  std::vector<FailedVerification> failed;
  for (size_t i = 0; i < verifications_.size(); ++i) {
    const Verification& verification = verifications_[i];
    const bool is_over = verification.outcome != v1::OUTCOME_UNSPECIFIED;
    if (!is_over || verification.outcome == v1::OUTCOME_OK) continue;
    failed.push_back({.trial_id = verification.trial_id,
                      .workload = plan_.verifications(static_cast<int>(i)),
                      .outcome = verification.outcome});
  }
  return failed;
}

std::optional<TrialOrder> Next(const v1::Plan& plan, absl::Span<const PastAttempt> history,
                               const std::set<std::string>& busy) {
  return Replay(plan, history).Next(busy);
}

std::vector<FailedVerification> FailedVerifications(const v1::Plan& plan,
                                                    absl::Span<const PastAttempt> history) {
  return Replay(plan, history).FailedVerifications();
}

}  // namespace copycost
