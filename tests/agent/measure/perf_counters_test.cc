#include "agent/measure/perf_counters.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "agent/host_info.h"
#include "common/clock.h"
#include "common/page_size.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

void SpinFor(int64_t ns) {
  const int64_t until = MonotonicNanos() + ns;
  while (MonotonicNanos() < until) {
  }
}

class PerfCountersTest : public ::testing::Test {
 protected:
  // Skips where the kernel may not be counted.
  absl::StatusOr<CounterReading> CountOf(const std::vector<std::string>& events,
                                         const std::function<void()>& work,
                                         CounterTarget target = CounterTarget::ThisThread()) {
    const OpenedCounters opened = source_.Open(events, target);
    for (const OpenedCounters::Event& event : opened.events) {
      if (!event.opened.ok()) return event.opened;
      if (event.user_only) return absl::PermissionDeniedError("in user mode only");
    }
    if (const absl::Status enabled = opened.group->Enable(); !enabled.ok()) return enabled;
    work();
    if (const absl::Status disabled = opened.group->Disable(); !disabled.ok()) return disabled;
    return opened.group->Read();
  }

  PerfCounters source_;
};

TEST_F(PerfCountersTest, FaultsAndSwitchesAreThoseOfGetrusage) {
  constexpr size_t kPages = 256;
  void* const fresh = ::mmap(nullptr, kPages * PageBytes(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(fresh, kPages * PageBytes(), MADV_NOHUGEPAGE);
  rusage before{}, after{};
  const auto counted = CountOf({"page-faults", "context-switches"}, [&] {
    ::getrusage(RUSAGE_THREAD, &before);
    for (size_t page = 0; page < kPages; ++page) {
      static_cast<volatile char*>(fresh)[page * PageBytes()] = 1;
    }
    for (int i = 0; i < 20; ++i) std::this_thread::sleep_for(std::chrono::microseconds(50));
    ::getrusage(RUSAGE_THREAD, &after);
  });
  ::munmap(fresh, kPages * PageBytes());
  if (!counted.ok()) GTEST_SKIP() << counted.status();
  const auto faults = static_cast<uint64_t>(after.ru_minflt - before.ru_minflt + after.ru_majflt -
                                            before.ru_majflt);
  const auto switches =
      static_cast<uint64_t>(after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw - before.ru_nivcsw);
  EXPECT_GE(faults, kPages);
  EXPECT_GE(switches, 20u);
  // Each way, what lies between the two calls and the counters' own edges.
  EXPECT_NEAR(static_cast<double>(counted->values[0]), static_cast<double>(faults), 3);
  EXPECT_NEAR(static_cast<double>(counted->values[1]), static_cast<double>(switches), 3);
}

TEST_F(PerfCountersTest, CountsFromEnableToDisableOnly) {
  const OpenedCounters opened = source_.Open({"task-clock:u"}, CounterTarget::ThisThread());
  if (!opened.events[0].opened.ok()) GTEST_SKIP() << opened.events[0].opened;
  EXPECT_FALSE(opened.events[0].user_only);
  EXPECT_FALSE(opened.uses_pmu);
  SpinFor(2'000'000);
  ASSERT_OK(opened.group->Enable());
  SpinFor(1'000'000);
  ASSERT_OK(opened.group->Disable());
  const auto reading = opened.group->Read();
  ASSERT_OK(reading);
  EXPECT_GT(reading->values[0], 0u);
  EXPECT_EQ(reading->enabled_ns, reading->running_ns);
  SpinFor(1'000'000);
  EXPECT_EQ(opened.group->Read()->values[0], reading->values[0]);
}

TEST_F(PerfCountersTest, AnotherThreadMayEnableAndRead) {
  OpenedCounters opened = source_.Open({"task-clock"}, CounterTarget::ThisThread());
  if (!opened.events[0].opened.ok()) GTEST_SKIP() << opened.events[0].opened;
  std::thread([&] { EXPECT_OK(opened.group->Enable()); }).join();
  SpinFor(1'000'000);
  std::thread([&] {
    EXPECT_OK(opened.group->Disable());
    EXPECT_GT(opened.group->Read()->values[0], 0u);
  }).join();
}

// Of another thread than the one that counts: its work is not this one's.
TEST_F(PerfCountersTest, ACpuIsCountedWhateverItRuns) {
  const std::vector<uint32_t> cpus = OnlineCpus();
  ASSERT_FALSE(cpus.empty());
  const auto counted = CountOf(
      {"cpu-clock"}, [] { SpinFor(1'000'000); }, CounterTarget::Cpu(cpus[0]));
  if (!counted.ok()) GTEST_SKIP() << counted.status();
  EXPECT_GE(counted->values[0], 900'000u);
}

TEST_F(PerfCountersTest, WhatIsNoEventSaysSoAndLeavesOthersAlone) {
  const OpenedCounters opened = source_.Open({"no-such-event", "task-clock:u", "cycles:nonsense"},
                                             CounterTarget::ThisThread());
  EXPECT_THAT(opened.events[0].opened,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("libpfm4: event not found")));
  EXPECT_THAT(opened.events[2].opened, StatusIs(absl::StatusCode::kInvalidArgument, ::testing::_));
  if (!opened.events[1].opened.ok()) GTEST_SKIP() << opened.events[1].opened;
  ASSERT_NE(opened.group, nullptr);
  ASSERT_OK(opened.group->Enable());
  ASSERT_OK(opened.group->Disable());
  EXPECT_EQ(opened.group->Read()->values.size(), 1u);
}

TEST_F(PerfCountersTest, ATracepointThatIsNotThereIsNotFound) {
  const OpenedCounters opened =
      source_.Open({"copycost:no_such_tracepoint"}, CounterTarget::ThisThread());
  EXPECT_THAT(opened.events[0].opened, StatusIs(absl::StatusCode::kNotFound, ::testing::_));
  EXPECT_EQ(opened.group, nullptr);
}

// On a machine with a PMU they are counted; without one that is the reason.
TEST_F(PerfCountersTest, CyclesAreCountedOrItIsSaidWhatWouldCountThem) {
  const OpenedCounters opened =
      source_.Open({"cycles", "instructions"}, CounterTarget::ThisThread());
  if (opened.group == nullptr) {
    for (const OpenedCounters::Event& event : opened.events) {
      EXPECT_THAT(std::string(event.opened.message()),
                  AllOf(HasSubstr("perf_event_open: "), HasSubstr("; ")));
    }
    return;
  }
  EXPECT_TRUE(opened.uses_pmu);
  ASSERT_OK(opened.group->Enable());
  SpinFor(1'000'000);
  ASSERT_OK(opened.group->Disable());
  const auto reading = opened.group->Read();
  ASSERT_OK(reading);
  EXPECT_GT(reading->values[0], 0u);
}

TEST(WhyNotCountedTest, NamesTheSettingThatForbids) {
  EXPECT_THAT(WhyNotCounted(EACCES, {}, 4),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       HasSubstr("; sudo sysctl -w kernel.perf_event_paranoid=2")));
  EXPECT_THAT(WhyNotCounted(EACCES, {.with_kernel = true}, 2),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("perf_event_paranoid=1")));
  EXPECT_THAT(WhyNotCounted(EPERM, {.of_cpu = true, .with_kernel = true}, 1),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("perf_event_paranoid=0")));
}

TEST(WhyNotCountedTest, WhereTheSettingPermitsItAProfileForbidsIt) {
  for (const std::optional<int> paranoid : {std::optional<int>(1), std::optional<int>()}) {
    EXPECT_THAT(WhyNotCounted(EPERM, {.with_kernel = true}, paranoid),
                StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("seccomp")));
  }
}

TEST(WhyNotCountedTest, WithoutAPmuItSaysWhatHasOne) {
  for (const int error : {ENOENT, EOPNOTSUPP, ENODEV}) {
    EXPECT_THAT(WhyNotCounted(error, {.pmu = true}, 2),
                StatusIs(absl::StatusCode::kNotFound, HasSubstr("pmu=on")));
  }
  EXPECT_THAT(WhyNotCounted(ENOENT, {.pmu = true, .counts_cycles = true}, 2),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("this PMU does not count it")));
  EXPECT_THAT(WhyNotCounted(ENOSYS, {}, std::nullopt),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("CONFIG_PERF_EVENTS")));
}

// Counters must not take the descriptors that connections need.
TEST_F(PerfCountersTest, LeavesDescriptorsToOthers) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit scarce = {.rlim_cur = 100, .rlim_max = limit.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &scarce);
  const OpenedCounters opened = source_.Open({"task-clock:u"}, CounterTarget::ThisThread());
  ::setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_THAT(opened.events[0].opened,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("ulimit -n")));
}

}  // namespace
}  // namespace copycost
