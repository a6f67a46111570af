#include "agent/measure/host_cpu.h"

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::_;

constexpr int64_t kTickNs = 10'000'000;  // 100 ticks a second

// user nice system idle iowait irq softirq steal guest guest_nice; guests are part of user and
// nice.
constexpr char kStat[] =
    "cpu  100 20 30 4000 500 6 70 8 9 1\n"
    "cpu0 50 10 15 2000 250 3 35 4 9 1\n"
    "cpu1 50 10 15 2000 250 3 35 4 0 0\n"
    "intr 12345 1 2 3\n"
    "ctxt 678\n";

TEST(HostCpuTest, TellsEachCpuButNotTheirSum) {
  const auto reading = ParseHostCpu(kStat, 100);
  ASSERT_EQ(reading->cpus.size(), 2u);
  const v1::CpuTime& second = reading->cpus[1];
  EXPECT_EQ(second.cpu(), 1u);
  EXPECT_EQ(second.user_ns(), 60 * kTickNs);
  EXPECT_EQ(second.system_ns(), 15 * kTickNs);
  EXPECT_EQ(second.irq_ns(), 3 * kTickNs);
  EXPECT_EQ(second.softirq_ns(), 35 * kTickNs);
  EXPECT_EQ(second.idle_ns(), 2250 * kTickNs);
  EXPECT_EQ(second.steal_ns(), 4 * kTickNs);
}

TEST(HostCpuTest, TicksAreAsLongAsTheKernelSays) {
  EXPECT_EQ(ParseHostCpu(kStat, 1000)->cpus[0].steal_ns(), 4'000'000);
}

TEST(HostCpuTest, RefusesWhatItCannotRead) {
  for (const char* stat :
       {"", "intr 1 2 3\n", "cpu  1 2 3 4 5 6 7 8\n", "cpu0 1 2 3 4 5 6 7\n",
        "cpu0 1 2 3 4 5 6 x 8\n", "cpu0 x 2 3 4 5 6 7 8\n", "cpux 1 2 3 4 5 6 7 8\n"}) {
    EXPECT_THAT(ParseHostCpu(stat, 100), StatusIs(absl::StatusCode::kInternal, _)) << stat;
  }
}

// User time is what the clock's interrupts saw of it.
v1::CpuTime TimeOf(uint32_t cpu, int64_t user_ns, int64_t idle_ns, int64_t steal_ns = 0) {
  v1::CpuTime time;
  time.set_cpu(cpu);
  time.set_user_ns(user_ns);
  time.set_idle_ns(idle_ns);
  time.set_steal_ns(steal_ns);
  return time;
}

v1::SoftirqCount Softirqs(const std::string& kind, uint64_t count) {
  v1::SoftirqCount told;
  told.set_kind(kind);
  told.set_count(count);
  return told;
}

TEST(HostCpuTest, ADifferenceTellsItsIntervalAndHowCoarseItIs) {
  const HostCpuReading open = {.at_ns = 1000,
                               .cpus = {TimeOf(0, 100, 0), TimeOf(1, 200, 700, 10)},
                               .softirqs = {Softirqs("NET_RX", 5), Softirqs("TIMER", 9)}};
  const HostCpuReading close = {.at_ns = 4000,
                                .cpus = {TimeOf(1, 250, 1695, 15), TimeOf(2, 50, 0)},
                                .softirqs = {Softirqs("NET_RX", 12), Softirqs("TIMER", 3)}};
  const v1::HostCpu cpu = Difference(open, close);
  EXPECT_EQ(cpu.busy_ns(), 3000 - 995 - 5);
  EXPECT_EQ(cpu.steal_ns(), 5);
  EXPECT_EQ(cpu.interval_ns(), 3000);
  EXPECT_EQ(cpu.resolution_ns() % 2, 0);
  EXPECT_GT(cpu.resolution_ns(), 0);
  // One that came or went says nothing of the interval.
  ASSERT_EQ(cpu.cpus_size(), 1);
  EXPECT_EQ(cpu.cpus(0).cpu(), 1u);
  EXPECT_EQ(cpu.cpus(0).user_ns(), 50);
  ASSERT_EQ(cpu.softirqs_size(), 1);
  EXPECT_EQ(cpu.softirqs(0).kind(), "NET_RX");
  EXPECT_EQ(cpu.softirqs(0).count(), 7u);
}

// What is idle for longer than the interval, by a tick's rounding, was not busy for less than
// never.
TEST(HostCpuTest, BusyIsWhatIsNotIdleOfEachCpu) {
  const HostCpuReading open = {
      .at_ns = 0, .cpus = {TimeOf(0, 0, 0), TimeOf(1, 0, 0)}, .softirqs = {}};
  const HostCpuReading close = {.at_ns = 95'000'000,
                                .cpus = {TimeOf(0, 0, 2 * kTickNs), TimeOf(1, 0, 10 * kTickNs)},
                                .softirqs = {}};
  EXPECT_EQ(Difference(open, close).busy_ns(), 75'000'000);
}

TEST(HostCpuTest, SoftirqsAreThoseOfAllCpus) {
  const auto kinds = ParseSoftirqs(
      "                    CPU0       CPU1\n"
      "          HI:          1          0\n"
      "      NET_RX:         10         32\n");
  ASSERT_EQ(kinds.size(), 2u);
  EXPECT_EQ(kinds[1].kind(), "NET_RX");
  EXPECT_EQ(kinds[1].count(), 42u);
  EXPECT_TRUE(ParseSoftirqs("nonsense").empty());
  EXPECT_TRUE(ParseSoftirqs("NET_RX: 1 x\n").empty());
}

TEST(HostCpuTest, ReadsThisHost) {
  const auto first = ReadHostCpu();
  ASSERT_OK(first);
  const auto second = ReadHostCpu();
  ASSERT_OK(second);
  EXPECT_FALSE(first->cpus.empty());
  EXPECT_FALSE(first->softirqs.empty());
  EXPECT_GT(first->at_ns, 0);
  EXPECT_GE(second->at_ns, first->at_ns);
}

}  // namespace
}  // namespace copycost
