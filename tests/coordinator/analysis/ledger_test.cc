#include "coordinator/analysis/ledger.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/testing/record_builder.h"

namespace copycost::analysis {
namespace {

using ::copycost::testing::AgentOf;
using ::copycost::testing::OkTrial;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// "runner;outermost;...;innermost": the kernel's functions, unless the outermost is "main".
void AddStack(const std::string& folded, uint64_t samples, v1::Profile& profile) {
  v1::Stack& stack = *profile.add_stacks();
  std::vector<std::string> names = absl::StrSplit(folded, ';');
  stack.set_runner(names[0] == "sender" ? v1::RUNNER_SENDER : v1::RUNNER_OTHER);
  for (size_t i = names.size() - 1; i > 0; --i) {
    stack.add_frames(static_cast<uint32_t>(profile.names_size()));
    profile.add_names(names[i]);
  }
  stack.set_kernel_frames(names[1] == "main" ? 0 : static_cast<uint32_t>(names.size() - 1));
  stack.set_samples(samples);
  stack.set_weight(samples * 5'000'000);
}

// A cell with a block of each trial that is added.
class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    v1::Plan& plan = *run_.info.mutable_plan();
    plan.mutable_experiment()->set_ledger_hz(199);
    plan.add_cells()->set_id(1);
  }

  v1::TrialRecord Trial(v1::Purpose purpose, uint32_t block) {
    v1::TrialRecord trial = OkTrial({.block = block});
    trial.set_purpose(purpose);
    trial.set_trial_id(absl::StrCat(v1::Purpose_Name(purpose), block));
    if (purpose == v1::PURPOSE_LEDGER) {
      v1::AgentRecord& agent = AgentOf(trial, v1::ROLE_SENDER);
      agent.mutable_prepare()->mutable_instruments()->set_sampling_hz(199);
      v1::Profile& profile = *agent.mutable_finished()->mutable_profile();
      profile.set_event("cpu-clock");
      profile.set_hz(199);
      profile.set_sender_threads(1);
      profile.set_receiver_threads(1);
    }
    return trial;
  }
  v1::Profile& ProfileOf(v1::TrialRecord& trial) {
    return *AgentOf(trial, v1::ROLE_SENDER).mutable_finished()->mutable_profile();
  }

  void AddLedgerTrial(uint32_t block, const std::vector<std::pair<std::string, uint64_t>>& stacks) {
    v1::TrialRecord trial = Trial(v1::PURPOSE_LEDGER, block);
    for (const auto& [folded, samples] : stacks) AddStack(folded, samples, ProfileOf(trial));
    run_.attempts.push_back(trial);
  }

  CellLedger Ledger() const { return Ledgers(run_).front(); }
  LedgerLine Line(Work work) const {
    for (const LedgerLine& line : Ledger().lines) {
      if (line.work == work) return line;
    }
    ADD_FAILURE() << "no line";
    return LedgerLine();
  }

  record::Run run_;
};

// As where the other agent of the host is another user's.
TEST_F(LedgerTest, IsAbsentWhereADataThreadCouldNotBeTold) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg", 30}});
  ASSERT_EQ(Ledger().reason, "");
  ProfileOf(run_.attempts[0]).set_receiver_threads(0);
  v1::AgentRecord& receiver = AgentOf(run_.attempts[0], v1::ROLE_RECEIVER);
  receiver.set_boot_id("another host");
  EXPECT_EQ(Ledger().reason, "");
  receiver.set_boot_id(AgentOf(run_.attempts[0], v1::ROLE_SENDER).boot_id());
  EXPECT_THAT(Ledger().reason, HasSubstr("cannot see the data threads"));
  ProfileOf(run_.attempts[0]).clear_receiver_threads();  // of an older agent
  EXPECT_EQ(Ledger().reason, "");
}

TEST_F(LedgerTest, SharesAreOfBusyTimeOfAllTrialsTogether) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg;_copy_from_iter", 30},
                     {"sender;tcp_sendmsg", 50},
                     {"other;cpu_startup_entry;do_idle", 500}});
  AddLedgerTrial(2, {{"sender;main;copycost::StageMessage", 20}});
  const CellLedger ledger = Ledger();
  EXPECT_EQ(ledger.trials, 2);
  EXPECT_EQ(ledger.samples, 100u);
  EXPECT_EQ(ledger.idle_samples, 500u);
  EXPECT_EQ(ledger.event, "cpu-clock");
  EXPECT_DOUBLE_EQ(Line(Work::kSenderCopy).share, 0.3);
  EXPECT_DOUBLE_EQ(Line(Work::kStaging).share, 0.2);
  // Exact intervals of 20 of 100 (R: binom.test(20, 100)).
  EXPECT_NEAR(Line(Work::kStaging).share_interval.low, 0.1266556, 1e-6);
  EXPECT_NEAR(Line(Work::kStaging).share_interval.high, 0.2918427, 1e-6);
  // 900 ms of the host for what was taken in the window.
  const double bytes =
      static_cast<double>(testing::EndOf(run_.attempts[0], v1::ROLE_RECEIVER).window().bytes());
  EXPECT_NEAR(*Line(Work::kStaging).ns_per_byte, 0.2 * 900e6 / bytes, 1e-9);
  EXPECT_NEAR(Line(Work::kStaging).ns_per_byte_interval->high, 0.2918427 * 900e6 / bytes, 1e-6);
}

// What was never seen is bounded, and not 0.
TEST_F(LedgerTest, WhatWasNotSeenHasAnUpperBound) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg", 400}});
  const LedgerLine line = Line(Work::kPinning);
  EXPECT_EQ(line.samples, 0u);
  EXPECT_EQ(line.share, 0);
  EXPECT_EQ(line.share_interval.low, 0);
  EXPECT_NEAR(line.share_interval.high, 1 - std::pow(0.025, 1 / 400.0), 1e-9);
}

// Cycles come faster at a higher frequency: a sample stands for its weight.
TEST_F(LedgerTest, SamplesCountByTheirWeight) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg", 10}, {"sender;ip_output;skb_copy_ubufs", 10}});
  ProfileOf(run_.attempts[0]).mutable_stacks(0)->set_weight(300);
  ProfileOf(run_.attempts[0]).mutable_stacks(1)->set_weight(100);
  EXPECT_DOUBLE_EQ(Line(Work::kDeliveryCopy).share, 0.25);
  EXPECT_LT(Line(Work::kDeliveryCopy).share_interval.low, 0.25);
  EXPECT_GT(Line(Work::kDeliveryCopy).share_interval.high, 0.25);
}

TEST_F(LedgerTest, OnlyGoodLedgerTrialsCount) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg", 10}});
  AddLedgerTrial(2, {{"sender;tcp_sendmsg", 10}});
  run_.attempts[1].set_outcome(v1::OUTCOME_FAILED);
  v1::TrialRecord measured = Trial(v1::PURPOSE_LEDGER, 3);
  measured.set_purpose(v1::PURPOSE_MEASURE);
  AddStack("sender;tcp_sendmsg", 10, ProfileOf(measured));
  run_.attempts.push_back(measured);
  EXPECT_EQ(Ledger().trials, 1);
  EXPECT_EQ(Ledger().samples, 10u);
}

TEST_F(LedgerTest, WithoutSamplesItSaysWhy) {
  EXPECT_THAT(Ledger().reason, HasSubstr("no trial"));
  AddLedgerTrial(1, {});
  ProfileOf(run_.attempts[0]).set_absent("not permitted; sysctl");
  EXPECT_EQ(Ledger().reason, "sender: not permitted; sysctl");
  EXPECT_EQ(Ledger().trials, 0);
  EXPECT_TRUE(Ledger().lines.empty());
}

// Shares of nothing are no zeros.
TEST_F(LedgerTest, WithoutASampleOfABusyCpuThereIsNone) {
  AddLedgerTrial(1, {{"other;cpu_startup_entry;do_idle", 100}});
  EXPECT_EQ(Ledger().reason, "no sample was of a busy CPU");
  EXPECT_TRUE(Ledger().lines.empty());
}

TEST_F(LedgerTest, WithoutCpuTimeSharesRemain) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg", 10}, {"sender;main;x", 10}});
  AgentOf(run_.attempts[0], v1::ROLE_RECEIVER).mutable_finished()->clear_host_cpu();
  EXPECT_DOUBLE_EQ(Line(Work::kSending).share, 0.5);
  EXPECT_THAT(Line(Work::kSending).ns_per_byte.status().message(),
              HasSubstr("read no host CPU time"));
}

TEST_F(LedgerTest, PerturbationIsWithinBlocks) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg", 10}});
  EXPECT_FALSE(Ledger().perturbation.ok());
  for (const uint32_t block : {1, 2}) run_.attempts.push_back(Trial(v1::PURPOSE_MEASURE, block));
  v1::WindowCounts& window = *testing::EndOf(run_.attempts[0], v1::ROLE_RECEIVER).mutable_window();
  window.set_bytes(window.bytes() / 2);
  EXPECT_NEAR(*Ledger().perturbation, -0.5, 1e-6);
}

TEST_F(LedgerTest, StacksAreFoldedOutermostFirst) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg;_copy_from_iter", 3}});
  AddLedgerTrial(2, {{"sender;tcp_sendmsg;_copy_from_iter", 4}});
  EXPECT_THAT(Ledger().folded_stacks, ElementsAre(Pair("sender;tcp_sendmsg;_copy_from_iter", 7)));
}

// An agent's words are not trusted: numbers that point nowhere have no name.
TEST_F(LedgerTest, FramesThatPointNowhereAreUnknown) {
  AddLedgerTrial(1, {{"sender;tcp_sendmsg", 3}});
  v1::Stack& stack = *ProfileOf(run_.attempts[0]).mutable_stacks(0);
  stack.set_frames(0, 4'000'000'000);
  stack.set_kernel_frames(4'000'000'000);
  EXPECT_EQ(Line(Work::kUnknown).samples, 3u);
}

TEST_F(LedgerTest, ARunWithoutALedgerHasNone) {
  run_.info.mutable_plan()->mutable_experiment()->clear_ledger_hz();
  EXPECT_TRUE(Ledgers(run_).empty());
}

}  // namespace
}  // namespace copycost::analysis
