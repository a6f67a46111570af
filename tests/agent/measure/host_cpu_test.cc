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

TEST(HostCpuTest, BusyIsEverythingButIdleWaitingStolenAndGuestsCountedTwice) {
  const auto reading = ParseHostCpu(kStat, 100);
  ASSERT_OK(reading);
  EXPECT_EQ(reading->busy_ns, (100 + 20 + 30 + 6 + 70) * kTickNs);
  EXPECT_EQ(reading->steal_ns, 8 * kTickNs);
}

TEST(HostCpuTest, CountsTheCpusButNotTheirSum) { EXPECT_EQ(ParseHostCpu(kStat, 100)->cpus, 2); }

TEST(HostCpuTest, TicksAreAsLongAsTheKernelSays) {
  EXPECT_EQ(ParseHostCpu(kStat, 1000)->steal_ns, 8'000'000);
}

TEST(HostCpuTest, RefusesWhatItCannotRead) {
  for (const char* stat :
       {"", "intr 1 2 3\n", "cpu0 1 2 3 4 5 6 7 8\n", "cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7\n",
        "cpu  1 2 3 4 5 6 x 8\ncpu0 1 2 3 4 5 6 7 8\n",
        "cpu  x 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\n", "cpu  1 2 3 4 5 6 7 8\n"}) {
    EXPECT_THAT(ParseHostCpu(stat, 100), StatusIs(absl::StatusCode::kInternal, _)) << stat;
  }
}

TEST(HostCpuTest, ADifferenceTellsItsIntervalAndHowCoarseItIs) {
  const HostCpuReading open = {.at_ns = 1000, .busy_ns = 500, .steal_ns = 10, .cpus = 4};
  const HostCpuReading close = {.at_ns = 4000, .busy_ns = 2500, .steal_ns = 15, .cpus = 4};
  const v1::HostCpu cpu = Difference(open, close);
  EXPECT_EQ(cpu.busy_ns(), 2000);
  EXPECT_EQ(cpu.steal_ns(), 5);
  EXPECT_EQ(cpu.interval_ns(), 3000);
  EXPECT_EQ(cpu.resolution_ns() % 4, 0);
  EXPECT_GT(cpu.resolution_ns(), 0);
}

TEST(HostCpuTest, ReadsThisHost) {
  const auto first = ReadHostCpu();
  ASSERT_OK(first);
  const auto second = ReadHostCpu();
  ASSERT_OK(second);
  EXPECT_GT(first->cpus, 0);
  EXPECT_GT(first->at_ns, 0);
  EXPECT_GE(second->at_ns, first->at_ns);
  EXPECT_GE(second->busy_ns, first->busy_ns);
}

}  // namespace
}  // namespace copycost
