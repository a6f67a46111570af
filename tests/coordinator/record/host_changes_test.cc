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
  EXPECT_THAT(
      SettingChanges(run),
      ElementsAre("while session 1 went on, receiver: CPUs were slowed down, since they were hot"));
}

TEST(HostChangesTest, HeatThatWasNotToldBeforeIsNotNew) {
  v1::RunRecord run = OneSession();
  run.mutable_sessions(0)->mutable_agents(1)->mutable_before()->clear_readings();
  EXPECT_THAT(SettingChanges(run), IsEmpty());
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
    v1::AgentInfo& agent = *run.mutable_sessions(0)->mutable_agents(i);
    agent.mutable_before()->mutable_cpu()->set_at_ns(1000);
    agent.mutable_idle_end()->set_at_ns(1500);
    for (uint32_t cpu = 0; cpu < 2; ++cpu) {
      agent.mutable_before()->mutable_cpu()->add_cpus()->set_cpu(cpu);
      v1::CpuTime& time = *agent.mutable_idle_end()->add_cpus();
      time.set_cpu(cpu);
      time.set_idle_ns(i == 0 ? 450 : 350);
    }
  }
  EXPECT_NEAR(IdleBusyShare(run.sessions(0)).value(), 0.3, 1e-9);
  run.mutable_sessions(0)->mutable_agents(1)->clear_idle_end();
  EXPECT_NEAR(IdleBusyShare(run.sessions(0)).value(), 0.1, 1e-9);
}

TEST(HostChangesTest, CpuTimeIsOfCpusThatWereThereAllTheTime) {
  v1::CpuReading open, close;
  EXPECT_FALSE(CpuUseBetween(open, close).has_value());
  open.add_cpus()->set_cpu(0);
  close.set_at_ns(1000);
  close.add_cpus()->set_cpu(0);
  close.add_cpus()->set_cpu(1);  // came later
  close.mutable_cpus(0)->set_idle_ns(600);
  close.mutable_cpus(0)->set_steal_ns(100);
  EXPECT_NEAR(CpuUseBetween(open, close)->busy, 0.3, 1e-9);
  EXPECT_NEAR(CpuUseBetween(open, close)->stolen, 0.1, 1e-9);
  close.mutable_cpus(0)->set_idle_ns(5000);  // ticks are whole
  EXPECT_EQ(CpuUseBetween(open, close)->busy, 0);
  EXPECT_FALSE(CpuUseBetween(close, open).has_value());  // an agent that was started anew
}

TEST(HostChangesTest, AnUpdateOfTheMicrocodeIsTold) {
  v1::RunRecord run = OneSession();
  v1::AgentInfo& agent = *run.mutable_sessions(0)->mutable_agents(0);
  Add(*agent.mutable_before()->mutable_identity(), "microcode", "0x1");
  Add(*agent.mutable_after()->mutable_identity(), "microcode", "0x2");
  EXPECT_THAT(SettingChanges(run),
              ElementsAre("while session 1 went on, sender: microcode 0x2, was 0x1"));
}

}  // namespace
}  // namespace copycost::record
