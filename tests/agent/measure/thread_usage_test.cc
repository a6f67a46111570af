#include "agent/measure/thread_usage.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "agent/host_info.h"
#include "common/page_size.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;

constexpr char kStatus[] =
    "Name:\tdata\nnonvoluntary_ctxt_switches:\t4\nvoluntary_ctxt_switches:\t31\n";

TEST(ThreadUsageTest, IsReadFromTheKernelsTexts) {
  const auto usage = ParseThreadUsage("12 (data) S 1 2 3 0 -1 4194304 77 5 9 0 10 11", kStatus);
  ASSERT_OK(usage);
  EXPECT_EQ(usage->minor_faults, 77u);
  EXPECT_EQ(usage->major_faults, 9u);
  EXPECT_EQ(usage->voluntary_switches, 31u);
  EXPECT_EQ(usage->involuntary_switches, 4u);
}

TEST(ThreadUsageTest, ANameMayHoldAnything) {
  const auto usage = ParseThreadUsage("12 (a) S 9 (x) ) S 1 2 3 0 -1 4194304 77 5 9 0", kStatus);
  ASSERT_OK(usage);
  EXPECT_EQ(usage->minor_faults, 77u);
}

TEST(ThreadUsageTest, WhatCannotBeUnderstoodIsNotZero) {
  const std::string stat = "12 (data) S 1 2 3 0 -1 4194304 77 5 9 0";
  for (const char* text : {"", "12 (data", "12 (data) S 1 2", "12 (d) S 1 2 3 0 -1 0 x 5 9 0"}) {
    EXPECT_THAT(ParseThreadUsage(text, kStatus).status(),
                StatusIs(absl::StatusCode::kInternal, ::testing::_));
  }
  for (const char* text : {"", "voluntary_ctxt_switches:\t1\n", "voluntary_ctxt_switches:\tx\n"}) {
    EXPECT_THAT(ParseThreadUsage(stat, text).status(),
                StatusIs(absl::StatusCode::kInternal, ::testing::_));
  }
}

TEST(ThreadUsageTest, WaitsForACpuAreTheSecondNumberOfSchedstat) {
  const auto delay = ParseRunDelay("1696451 511706 1\n");
  ASSERT_OK(delay);
  EXPECT_EQ(*delay, 511'706);
  for (const char* text : {"", "1 2\n", "1 x 3\n", "1 2 3 4\n"}) {
    EXPECT_THAT(ParseRunDelay(text).status(), StatusIs(absl::StatusCode::kInternal, ::testing::_));
  }
}

TEST(ThreadUsageTest, MigrationsAreALineOfSched) {
  EXPECT_EQ(ParseMigrations("cat (1, #threads: 1)\n---\n"
                            "se.nr_migrations                :                   12\n"
                            "nr_switches                     :                    3\n"),
            12u);
  EXPECT_EQ(ParseMigrations(""), std::nullopt);
  EXPECT_EQ(ParseMigrations("se.nr_migrations : x\n"), std::nullopt);
}

// Two threads that spin on one CPU have it by turns.
TEST(ThreadUsageTest, AThreadWaitsWhileAnotherHasItsCpu) {
  if (::access("/proc/thread-self/schedstat", R_OK) != 0) GTEST_SKIP() << "no CONFIG_SCHED_INFO";
  std::atomic<bool> done = false;
  const auto spin_on_one_cpu = [&done] {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(AllowedCpus().front(), &cpus);
    ASSERT_EQ(::sched_setaffinity(0, sizeof(cpus), &cpus), 0);
    while (!done) {
    }
  };
  std::thread other(spin_on_one_cpu);
  std::thread([&] {
    const auto reader = UsageReader::OfThisThread();
    std::thread end([&] {
      const auto waited = [&] {
        const auto usage = reader->Read();
        return !usage.ok() || usage->run_delay_ns.value_or(0) > 1'000'000;
      };
      while (!waited()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      done = true;
    });
    spin_on_one_cpu();
    const auto usage = reader->Read();
    end.join();
    ASSERT_OK(usage);
    EXPECT_GT(usage->run_delay_ns.value_or(0), 1'000'000);
  }).join();
  other.join();
}

TEST(ThreadUsageTest, EventsAreSumsOfIt) {
  const ThreadUsage usage = {.voluntary_switches = 1,
                             .involuntary_switches = 2,
                             .minor_faults = 4,
                             .major_faults = 8,
                             .cpu_ns = 16,
                             .run_delay_ns = 0,
                             .migrations = 32};
  EXPECT_EQ(UsageEvent("context-switches", usage), 3u);
  EXPECT_EQ(UsageEvent("page-faults", usage), 12u);
  EXPECT_EQ(UsageEvent("minor-faults", usage), 4u);
  EXPECT_EQ(UsageEvent("major-faults", usage), 8u);
  EXPECT_EQ(UsageEvent("task-clock", usage), 16u);
  EXPECT_EQ(UsageEvent("cpu-migrations", usage), 32u);
  EXPECT_EQ(UsageEvent("cycles", usage), std::nullopt);
  EXPECT_EQ(UsageEvent("task-clock", {}), std::nullopt);  // the kernel does not tell
}

rusage OwnUsage() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage;
}

// Faults of 64 pages, and a sleep.
void FaultAndSleep() {
  const size_t bytes = 64 * PageBytes();
  void* const fresh =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(fresh, bytes, MADV_NOHUGEPAGE);
  for (size_t at = 0; at < bytes; at += PageBytes()) static_cast<volatile char*>(fresh)[at] = 1;
  ::munmap(fresh, bytes);
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Read once before, and from a place that has what reading takes: reading itself faults no more.
TEST(ThreadUsageTest, IsWhatGetrusageTells) {
  std::thread([] {
    const auto reader = UsageReader::OfThisThread();
    ASSERT_OK(reader);
    ASSERT_OK(reader->Read());
    const rusage before = OwnUsage();
    const auto opened = reader->Read();
    FaultAndSleep();
    const auto closed = reader->Read();
    const rusage after = OwnUsage();
    ASSERT_OK(opened);
    ASSERT_OK(closed);
    EXPECT_GT(closed->cpu_ns, opened->cpu_ns);
    EXPECT_GE(closed->minor_faults - opened->minor_faults, 64u);
    EXPECT_GE(closed->voluntary_switches - opened->voluntary_switches, 1u);
    // Between what the thread itself says before and after.
    EXPECT_LE(closed->minor_faults - opened->minor_faults,
              static_cast<uint64_t>(after.ru_minflt - before.ru_minflt));
    EXPECT_GE(opened->minor_faults, static_cast<uint64_t>(before.ru_minflt));
    EXPECT_LE(closed->voluntary_switches, static_cast<uint64_t>(after.ru_nvcsw));
    EXPECT_GE(opened->voluntary_switches, static_cast<uint64_t>(before.ru_nvcsw));
    EXPECT_LE(closed->involuntary_switches, static_cast<uint64_t>(after.ru_nivcsw));
  }).join();
}

TEST(ThreadUsageTest, AnotherThreadMayAsk) {
  std::optional<absl::StatusOr<UsageReader>> reader;
  std::thread([&] { reader.emplace(UsageReader::OfThisThread()); }).join();
  ASSERT_OK(*reader);
  // It has ended: that is an error, and no zero.
  EXPECT_FALSE((*reader)->Read().ok());
}

}  // namespace
}  // namespace copycost
