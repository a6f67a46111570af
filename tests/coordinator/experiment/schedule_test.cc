#include "coordinator/experiment/schedule.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_format.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAreArray;

v1::Workload WorkloadOf(v1::SendMode mode, uint64_t message_bytes) {
  v1::Workload workload;
  workload.set_send_mode(mode);
  workload.set_message_bytes(message_bytes);
  return workload;
}

// `cells` of them, alternating between two-copy and zero-copy; each mode is verified at two sizes.
v1::Plan MakeTestPlan(uint32_t cells, uint32_t repeats) {
  const std::vector<v1::SendMode> modes{v1::SEND_MODE_TWO_COPY, v1::SEND_MODE_ZERO_COPY};
  v1::Plan plan;
  plan.mutable_experiment()->set_seed(42);
  plan.mutable_experiment()->set_repeats(repeats);
  for (uint32_t id = 1; id <= cells; ++id) {
    v1::Cell& cell = *plan.add_cells();
    cell.set_id(id);
    *cell.mutable_workload() = WorkloadOf(modes[id % 2], id);
  }
  for (v1::SendMode mode : modes) {
    *plan.add_verifications() = WorkloadOf(mode, 1);
    *plan.add_verifications() = WorkloadOf(mode, 100);
  }
  return plan;
}

using OutcomeOf = std::function<v1::Outcome(const TrialOrder&)>;

v1::Outcome AlwaysOk(const TrialOrder&) { return v1::OUTCOME_OK; }

// Runs what is left of a plan, one trial at a time.
std::vector<PastAttempt> RunAll(const v1::Plan& plan, std::vector<PastAttempt> history,
                                const OutcomeOf& outcome_of) {
  Schedule schedule(plan);
  for (const PastAttempt& attempt : history) schedule.Record(attempt);
  while (const auto order = schedule.Next({})) {
    history.push_back({order->trial_id, outcome_of(*order)});
    schedule.Record(history.back());
  }
  return history;
}

std::vector<std::string> Ids(const std::vector<PastAttempt>& history) {
  std::vector<std::string> ids;
  for (const PastAttempt& attempt : history) ids.push_back(attempt.trial_id);
  return ids;
}

std::vector<PastAttempt> AllVerified() {
  return {{"v01", v1::OUTCOME_OK},
          {"v02", v1::OUTCOME_OK},
          {"v03", v1::OUTCOME_OK},
          {"v04", v1::OUTCOME_OK}};
}

// Resuming depends on it: neither names nor order may change.
TEST(ScheduleTest, TheOrderOfARunNeverChanges) {
  EXPECT_THAT(Ids(RunAll(MakeTestPlan(6, 2), {}, AlwaysOk)),
              ElementsAre("v01", "v02", "v03", "v04",                                       //
                          "b001-c006", "b001-c001", "b001-c002", "b001-c003", "b001-c005",  //
                          "b001-c004", "b002-c003", "b002-c005", "b002-c004", "b002-c002",  //
                          "b002-c006", "b002-c001"));
}

TEST(ScheduleTest, AnOrderSaysEverythingAboutItsTrial) {
  const v1::Plan plan = MakeTestPlan(6, 2);
  const auto verify = Next(plan, {}, {});
  ASSERT_TRUE(verify);
  EXPECT_EQ(verify->block, 0u);
  EXPECT_EQ(verify->cell_id, 0u);
  EXPECT_EQ(verify->purpose, v1::PURPOSE_VERIFY);
  EXPECT_EQ(verify->workload.message_bytes(), 1u);

  const auto measure = Next(plan, AllVerified(), {});
  ASSERT_TRUE(measure);
  EXPECT_EQ(measure->block, 1u);
  EXPECT_EQ(measure->cell_id, 6u);
  EXPECT_EQ(measure->purpose, v1::PURPOSE_MEASURE);
  EXPECT_EQ(measure->workload.message_bytes(), 6u);
}

// Pitfall 10: no cell is measured once, and none at the same place of every block.
TEST(ScheduleTest, EveryBlockRunsEveryCellOnceInAnOrderOfItsOwn) {
  constexpr uint32_t kCells = 12;
  constexpr uint32_t kBlocks = 30;
  const std::vector<std::string> ids = Ids(RunAll(MakeTestPlan(kCells, kBlocks), {}, AlwaysOk));
  ASSERT_EQ(ids.size(), 4 + kCells * kBlocks);
  std::set<std::vector<std::string>> orders;
  std::map<std::string, std::set<size_t>> positions;
  for (uint32_t block = 1; block <= kBlocks; ++block) {
    std::vector<std::string> expected;
    std::vector<std::string> cells;
    for (size_t i = 0; i < kCells; ++i) {
      const std::string& id = ids[4 + (block - 1) * kCells + i];
      expected.push_back(absl::StrFormat("b%03d-c%03d", block, i + 1));
      cells.push_back(id.substr(5));
      positions[cells.back()].insert(i);
      EXPECT_THAT(id, StartsWith(expected.back().substr(0, 5)));
    }
    EXPECT_THAT(std::vector<std::string>(ids.begin() + 4 + (block - 1) * kCells,
                                         ids.begin() + 4 + block * kCells),
                UnorderedElementsAreArray(expected));
    orders.insert(cells);
  }
  EXPECT_EQ(orders.size(), kBlocks);
  for (const auto& [cell, seen] : positions) EXPECT_GT(seen.size(), kCells / 2) << cell;
}

TEST(ScheduleTest, AnotherSeedIsAnotherOrder) {
  v1::Plan plan = MakeTestPlan(12, 1);
  const std::vector<std::string> first = Ids(RunAll(plan, {}, AlwaysOk));
  plan.mutable_experiment()->set_seed(43);
  EXPECT_NE(Ids(RunAll(plan, {}, AlwaysOk)), first);
}

TEST(ScheduleTest, ReplayingAnyPrefixLeavesTheSameRest) {
  const v1::Plan plan = MakeTestPlan(5, 4);
  // Mixed fates, decided by the trial alone.
  const OutcomeOf outcome_of = [](const TrialOrder& order) {
    if (order.trial_id == "v03") return v1::OUTCOME_INVALID;
    return order.cell_id == 3 ? v1::OUTCOME_FAILED : v1::OUTCOME_OK;
  };
  const std::vector<PastAttempt> whole = RunAll(plan, {}, outcome_of);
  for (size_t length = 0; length <= whole.size(); ++length) {
    const std::vector<PastAttempt> prefix(whole.begin(), whole.begin() + length);
    EXPECT_EQ(Ids(RunAll(plan, prefix, outcome_of)), Ids(whole));
    const auto next = Next(plan, prefix, {});
    EXPECT_EQ(next ? next->trial_id : "", length < whole.size() ? whole[length].trial_id : "");
  }
}

TEST(ScheduleTest, OnlyInterruptedTrialsRunAgain) {
  const v1::Plan plan = MakeTestPlan(2, 1);
  std::vector<PastAttempt> history = AllVerified();
  const std::string first = Next(plan, history, {})->trial_id;
  history.push_back({first, v1::OUTCOME_INTERRUPTED});
  EXPECT_EQ(Next(plan, history, {})->trial_id, first);
  for (v1::Outcome over : {v1::OUTCOME_OK, v1::OUTCOME_INVALID, v1::OUTCOME_FAILED}) {
    history.back().outcome = over;
    EXPECT_NE(Next(plan, history, {})->trial_id, first);
  }
}

// The coordinator ended between two attempts: the history lacks the last word on the trial.
TEST(ScheduleTest, ATrialWhoseRetriesWereCutShortIsGoneOnWith) {
  const v1::Plan plan = MakeTestPlan(2, 1);
  std::vector<PastAttempt> history = AllVerified();
  const std::string first = Next(plan, history, {})->trial_id;
  EXPECT_EQ(Next(plan, history, {})->attempt, 1u);
  for (uint32_t attempt = 1; attempt < kMostTransportFailures; ++attempt) {
    history.push_back({first, v1::OUTCOME_FAILED, attempt, true, attempt});
    const auto next = Next(plan, history, {});
    EXPECT_EQ(next->trial_id, first);
    EXPECT_EQ(next->attempt, attempt + 1);
  }
  history.push_back(
      {first, v1::OUTCOME_FAILED, kMostTransportFailures, true, kMostTransportFailures});
  EXPECT_NE(Next(plan, history, {})->trial_id, first);
}

TEST(ScheduleTest, AVerificationWhoseRetriesWereCutShortIsGoneOnWith) {
  const v1::Plan plan = MakeTestPlan(2, 1);
  const std::vector<PastAttempt> history = {{"v01", v1::OUTCOME_FAILED, 1, true, 1}};
  EXPECT_EQ(Next(plan, history, {})->trial_id, "v01");
  EXPECT_EQ(Next(plan, history, {})->attempt, 2u);
  EXPECT_THAT(FailedVerifications(plan, history), IsEmpty());
}

// An attempt that is stored already cannot be stored again.
TEST(ScheduleTest, AfterAnInterruptAttemptsAreCountedOn) {
  const v1::Plan plan = MakeTestPlan(2, 1);
  std::vector<PastAttempt> history = AllVerified();
  const std::string first = Next(plan, history, {})->trial_id;
  history.push_back({first, v1::OUTCOME_FAILED, 1, true, 1});
  history.push_back({first, v1::OUTCOME_INTERRUPTED, 2});
  EXPECT_EQ(Next(plan, history, {})->trial_id, first);
  EXPECT_EQ(Next(plan, history, {})->attempt, 3u);
}

TEST(ScheduleTest, CountsTheMeasurementsThatAreNotToBeMade) {
  const v1::Plan plan = MakeTestPlan(5, 3);  // cells 2 and 4 are two-copy, verified by v01 and v02
  Schedule schedule(plan);
  EXPECT_EQ(schedule.PassedOver(), 0u);
  schedule.Record({"v02", v1::OUTCOME_FAILED, 1, true, 1});
  EXPECT_EQ(schedule.PassedOver(), 0u);
  schedule.Record({"v02", v1::OUTCOME_INVALID, 2});
  EXPECT_EQ(schedule.PassedOver(), 2u * 3);
  schedule.Record({"v01", v1::OUTCOME_INVALID});
  EXPECT_EQ(schedule.PassedOver(), 2u * 3);
  schedule.Record({"v04", v1::OUTCOME_INVALID});
  EXPECT_EQ(schedule.PassedOver(), 5u * 3);
}

TEST(ScheduleTest, DoesNotMeasureModesWhoseContentWasNotVerified) {
  const v1::Plan plan = MakeTestPlan(6, 3);
  const std::vector<PastAttempt> history = RunAll(plan, {}, [](const TrialOrder& order) {
    return order.trial_id == "v04" ? v1::OUTCOME_FAILED : v1::OUTCOME_OK;
  });
  EXPECT_EQ(history.size(), 4u + 3 * 3);
  for (const PastAttempt& attempt : history) {
    if (attempt.trial_id[0] == 'v') continue;
    EXPECT_EQ((attempt.trial_id.back() - '0') % 2, 0);  // odd cells are zero-copy, as v04 is
  }
  const auto failed = FailedVerifications(plan, history);
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].trial_id, "v04");
  EXPECT_EQ(failed[0].outcome, v1::OUTCOME_FAILED);
  EXPECT_EQ(failed[0].workload.send_mode(), v1::SEND_MODE_ZERO_COPY);
}

TEST(ScheduleTest, EndsAtOnceWhenNothingWasVerified) {
  v1::Plan plan = MakeTestPlan(1000, 100'000);
  const auto history = RunAll(plan, {}, [](const TrialOrder&) { return v1::OUTCOME_FAILED; });
  EXPECT_EQ(history.size(), 4u);
  EXPECT_EQ(FailedVerifications(plan, history).size(), 4u);
}

TEST(ScheduleTest, ALaterAttemptAtAVerificationCounts) {
  const v1::Plan plan = MakeTestPlan(6, 2);
  std::vector<PastAttempt> history = AllVerified();
  history.insert(history.begin(), {"v01", v1::OUTCOME_FAILED});
  EXPECT_THAT(FailedVerifications(plan, history), IsEmpty());
  EXPECT_EQ(RunAll(plan, history, AlwaysOk).size(), 5u + 12);
}

TEST(ScheduleTest, CellsPassedOverComeBackWhenTheirVerificationSucceedsLate) {
  const v1::Plan plan = MakeTestPlan(6, 2);
  std::vector<PastAttempt> history = AllVerified();
  history[0].outcome = v1::OUTCOME_FAILED;
  Schedule schedule(plan);
  for (const PastAttempt& attempt : history) schedule.Record(attempt);
  std::vector<std::string> ids;
  const auto run_rest = [&] {
    while (const auto order = schedule.Next({})) {
      ids.push_back(order->trial_id);
      schedule.Record({order->trial_id, v1::OUTCOME_OK});
    }
  };
  run_rest();
  EXPECT_EQ(ids.size(), 6u);
  schedule.Record({"v01", v1::OUTCOME_OK});
  run_rest();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 12u);
}

TEST(ScheduleTest, DoesNotGiveOutWhatIsRunningElsewhere) {
  const v1::Plan plan = MakeTestPlan(2, 2);
  std::set<std::string> busy;
  std::vector<std::string> given;
  Schedule schedule(plan);
  const auto give_all = [&] {
    while (const auto order = schedule.Next(busy)) {
      given.push_back(order->trial_id);
      busy.insert(order->trial_id);
    }
  };
  give_all();
  EXPECT_THAT(given, ElementsAre("v01", "v02", "v03", "v04"));

  // One path is verified, the other still being verified: its cells wait, and with them the block.
  given.clear();
  for (const char* id : {"v01", "v02"}) {
    busy.erase(id);
    schedule.Record({id, v1::OUTCOME_OK});
  }
  give_all();
  EXPECT_THAT(given, ElementsAre("b001-c002"));

  for (const char* id : {"v03", "v04"}) {
    busy.erase(id);
    schedule.Record({id, v1::OUTCOME_OK});
  }
  give_all();
  EXPECT_EQ(given.size(), 4u);
  EXPECT_THAT(given, Contains("b002-c001"));
}

TEST(ScheduleTest, GivesTheOrderOfOneRunnerToOneRunner) {
  const v1::Plan plan = MakeTestPlan(4, 2);
  Schedule schedule(plan);
  for (const PastAttempt& attempt : AllVerified()) schedule.Record(attempt);
  const auto first = schedule.Next({});
  EXPECT_EQ(schedule.Next({})->trial_id, first->trial_id);  // asking changes nothing
  const auto second = schedule.Next({first->trial_id});
  EXPECT_NE(second->trial_id, first->trial_id);
  schedule.Record({second->trial_id, v1::OUTCOME_OK});
  EXPECT_EQ(schedule.Next({})->trial_id, first->trial_id);
}

// However often a trial was interrupted, it may still fail in transport and be tried again.
TEST(ScheduleTest, InterruptsDoNotUseUpTheRetriesOfTransport) {
  const v1::Plan plan = MakeTestPlan(1, 1);
  std::vector<PastAttempt> history;
  for (uint32_t attempt = 1; attempt <= 5; ++attempt) {
    history.push_back({"v01", v1::OUTCOME_INTERRUPTED, attempt});
  }
  history.push_back({"v01", v1::OUTCOME_FAILED, 6, true, 1});
  const auto order = Next(plan, history, {});
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(order->trial_id, "v01");
  EXPECT_EQ(order->attempt, 7u);
  EXPECT_EQ(order->transport_failures, 1u);
  history.push_back({"v01", v1::OUTCOME_INTERRUPTED, 7});
  EXPECT_EQ(Next(plan, history, {})->transport_failures, 0u);
}

TEST(ScheduleTest, WhatWasVerifiedBeforeAChangeIsVerifiedAnew) {
  record::Run run;
  *run.info.mutable_plan() = MakeTestPlan(2, 1);
  run.info.add_sessions();
  for (const char* id : {"v01", "v02", "v03", "v04", "b001-c001", "b001-c002"}) {
    v1::TrialRecord& attempt = run.attempts.emplace_back();
    attempt.set_trial_id(id);
    attempt.set_attempt(1);
    attempt.set_session(1);
    attempt.set_purpose(id[0] == 'v' ? v1::PURPOSE_VERIFY : v1::PURPOSE_MEASURE);
    attempt.set_outcome(v1::OUTCOME_OK);
  }
  run.info.add_sessions();
  EXPECT_FALSE(Next(run.info.plan(), HistoryOf(run), {}).has_value());
  run.info.add_sessions()->add_changes("sender: kernel 6.2, was 6.1");
  const auto again = Next(run.info.plan(), HistoryOf(run), {});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->trial_id, "v01");
  EXPECT_EQ(again->attempt, 2u);
  for (int i = 0; i < 4; ++i) {
    v1::TrialRecord attempt = run.attempts[i];
    attempt.set_attempt(2);
    attempt.set_session(3);
    run.attempts.push_back(attempt);
  }
  EXPECT_FALSE(Next(run.info.plan(), HistoryOf(run), {}).has_value());
}

TEST(ScheduleTest, IgnoresAttemptsAtTrialsItDoesNotHave) {
  const v1::Plan plan = MakeTestPlan(2, 1);
  const std::vector<PastAttempt> stranger{{"b009-c009", v1::OUTCOME_OK}, {"v99", v1::OUTCOME_OK}};
  EXPECT_EQ(RunAll(plan, stranger, AlwaysOk).size(), 2u + 4 + 2);
}

// Quadratic work would take minutes here.
TEST(ScheduleTest, KeepsItsPaceOverAHundredThousandTrials) {
  EXPECT_EQ(RunAll(MakeTestPlan(2000, 50), {},
                   [](const TrialOrder& order) {
                     return order.trial_id == "v01" ? v1::OUTCOME_INVALID : v1::OUTCOME_OK;
                   })
                .size(),
            4u + 1000 * 50);
  EXPECT_EQ(RunAll(MakeTestPlan(100'000, 1), {}, AlwaysOk).size(), 4u + 100'000);
}

// A block's cells are measured, and then sampled in the same order.
TEST(ScheduleTest, ALedgerFollowsEachBlock) {
  v1::Plan plan = MakeTestPlan(3, 2);
  plan.mutable_experiment()->set_ledger_hz(199);
  const std::vector<std::string> ids = Ids(RunAll(plan, AllVerified(), AlwaysOk));
  ASSERT_EQ(ids.size(), 16u);
  for (const int block : {1, 2}) {
    for (int i = 0; i < 3; ++i) {
      const std::string& measured = ids[4 + (block - 1) * 6 + i];
      EXPECT_THAT(measured, StartsWith(absl::StrFormat("b%03d-", block)));
      EXPECT_EQ(ids[4 + (block - 1) * 6 + 3 + i], "l" + measured.substr(1));
    }
  }
  Schedule schedule(plan);
  for (const PastAttempt& attempt : AllVerified()) schedule.Record(attempt);
  std::set<v1::Purpose> purposes;
  while (const auto order = schedule.Next({})) {
    purposes.insert(order->purpose);
    EXPECT_EQ(order->workload.message_bytes(), order->cell_id);
    schedule.Record({order->trial_id, v1::OUTCOME_OK});
  }
  EXPECT_THAT(purposes, ElementsAre(v1::PURPOSE_MEASURE, v1::PURPOSE_LEDGER));
}

// Whatever was done before is not done again, in any of a block's halves.
TEST(ScheduleTest, ARunWithALedgerGoesOnWhereItWasLeft) {
  v1::Plan plan = MakeTestPlan(3, 2);
  plan.mutable_experiment()->set_ledger_hz(199);
  const std::vector<PastAttempt> whole = RunAll(plan, AllVerified(), AlwaysOk);
  for (size_t done = 4; done < whole.size(); ++done) {
    EXPECT_EQ(Ids(RunAll(plan, {whole.begin(), whole.begin() + static_cast<long>(done)}, AlwaysOk)),
              Ids(whole));
  }
}

TEST(ScheduleTest, WhatIsPassedOverIsPassedOverInTheLedgerToo) {
  v1::Plan plan = MakeTestPlan(4, 3);
  plan.mutable_experiment()->set_ledger_hz(199);
  Schedule schedule(plan);
  for (PastAttempt attempt : AllVerified()) {
    if (attempt.trial_id == "v01") attempt.outcome = v1::OUTCOME_FAILED;
    schedule.Record(attempt);
  }
  EXPECT_EQ(schedule.PassedOver(), 2u * 3 * 2);
}

}  // namespace
}  // namespace copycost
