#include "coordinator/record/host_changes.h"

#include <gmock/gmock.h>

namespace copycost::record {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Facts = google::protobuf::RepeatedPtrField<v1::Fact>;

void Add(Facts& facts, const char* name, const char* value) {
  v1::Fact& fact = *facts.Add();
  fact.set_name(name);
  fact.set_value(value);
}

v1::RunRecord OneSession() {
  v1::RunRecord run;
  for (const char* const name : {"sender", "receiver"}) {
    v1::AgentInfo& agent = run.sessions_size() == 0 ? *run.add_sessions()->add_agents()
                                                    : *run.mutable_sessions(0)->add_agents();
    agent.set_agent(name);
    Add(*agent.mutable_before()->mutable_settings(), "net.core.rmem_max", "212992");
    Add(*agent.mutable_before()->mutable_readings(), "throttlings", "3");
    Add(*agent.mutable_before()->mutable_readings(), "load average", "0.1");
    *agent.mutable_after() = agent.before();
  }
  return run;
}

TEST(HostChangesTest, NothingIsToldOfWhatStays) {
  EXPECT_THAT(SettingChanges(OneSession()), IsEmpty());
  EXPECT_THAT(SettingChanges({}), IsEmpty());
}

TEST(HostChangesTest, WhatAgentsOfOneHostTellAlikeIsToldOnce) {
  v1::RunRecord run = OneSession();
  for (v1::AgentInfo& agent : *run.mutable_sessions(0)->mutable_agents()) {
    agent.mutable_after()->mutable_settings(0)->set_value("425984");
    agent.mutable_after()->mutable_readings(1)->set_value("7.5");  // of itself
  }
  EXPECT_THAT(
      SettingChanges(run),
      ElementsAre("while session 1 went on, sender, receiver: net.core.rmem_max 425984, was "
                  "212992"));
}

TEST(HostChangesTest, HotCpusAreTold) {
  v1::RunRecord run = OneSession();
  run.mutable_sessions(0)->mutable_agents(1)->mutable_after()->mutable_readings(0)->set_value("5");
  EXPECT_THAT(SettingChanges(run),
              ElementsAre("while session 1 went on, receiver: CPUs were slowed "
                          "down 2 times, since they were hot"));
}

TEST(HostChangesTest, ASessionThatWasKilledTellsNothingOfItsEnd) {
  v1::RunRecord run = OneSession();
  for (v1::AgentInfo& agent : *run.mutable_sessions(0)->mutable_agents()) agent.clear_after();
  EXPECT_THAT(SettingChanges(run), IsEmpty());
}

TEST(HostChangesTest, TheNextSessionMayFindAnotherHost) {
  v1::RunRecord run = OneSession();
  *run.add_sessions() = run.sessions(0);
  v1::HostState& before = *run.mutable_sessions(1)->mutable_agents(0)->mutable_before();
  before.mutable_settings(0)->set_value("1");
  *run.mutable_sessions(1)->mutable_agents(0)->mutable_after() = before;
  EXPECT_THAT(SettingChanges(run),
              ElementsAre("with session 2, sender: net.core.rmem_max 1, was 212992"));
}

// An agent of another user may not see it.
TEST(HostChangesTest, WhatIsNotToldIsNoChange) {
  Facts before, now;
  Add(before, "a", "1");
  Add(now, "b", "2");
  EXPECT_THAT(FactChanges(before, now), IsEmpty());
}

TEST(HostChangesTest, TheBusiestHostCounts) {
  v1::RunRecord run = OneSession();
  EXPECT_FALSE(IdleBusyShare(run.sessions(0)).has_value());
  for (int i = 0; i < 2; ++i) {
    v1::HostCpu& cpu =
        *run.mutable_sessions(0)->mutable_agents(i)->mutable_before()->mutable_host_cpu();
    cpu.set_interval_ns(500);
    cpu.add_cpus();
    cpu.add_cpus();
    cpu.set_busy_ns(i == 0 ? 100 : 300);
  }
  EXPECT_DOUBLE_EQ(IdleBusyShare(run.sessions(0)).value(), 0.3);
  run.mutable_sessions(0)->mutable_agents(1)->mutable_before()->mutable_host_cpu()->set_interval_ns(
      0);
  EXPECT_DOUBLE_EQ(IdleBusyShare(run.sessions(0)).value(), 0.1);
}

}  // namespace
}  // namespace copycost::record
