#include "agent/checks/checks.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/fake_kernel.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeKernel;
using ::copycost::testing::Named;
using ::copycost::testing::Says;
using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;

using Counted = Kernel::Counted;

class CounterChecksTest : public ::testing::Test {
 protected:
  v1::Check Check(const std::string& name) { return Named(name, CounterChecks(kernel_)); }

  FakeKernel kernel_;
};

TEST_F(CounterChecksTest, WhatCannotBeCountedSaysWhyAndWhatWouldPermitIt) {
  kernel_.count = [](const std::string&, const CounterTarget&) -> absl::StatusOr<Counted> {
    return absl::PermissionDeniedError("perf_event_open: Permission denied; sudo sysctl -w x=1");
  };
  for (const char* name :
       {"counters of threads", "counters with the kernel", "counters of CPUs", "events"}) {
    EXPECT_THAT(Check(name),
                Says(v1::CHECK_STATE_MISSING, HasSubstr("perf_event_open: Permission denied"),
                     "sudo sysctl -w x=1"));
  }
}

// Switches and faults need no counter.
TEST_F(CounterChecksTest, EventsAreListedByWhetherTheyAreCounted) {
  kernel_.count = [](const std::string& event, const CounterTarget&) -> absl::StatusOr<Counted> {
    if (event == "task-clock" || event == "cpu-migrations") return Counted{1, false};
    if (event == "cycles") return Counted{1, true};
    return absl::NotFoundError("perf_event_open: No such file or directory; use hardware");
  };
  EXPECT_THAT(
      Check("events"),
      Says(v1::CHECK_STATE_MISSING,
           AllOf(HasSubstr("counted: context-switches, cpu-migrations, page-faults, task-clock; "
                           "in user mode only: cycles; not: instructions, "),
                 HasSubstr("(perf_event_open: No such file or directory)")),
           "use hardware"));
}

TEST_F(CounterChecksTest, EventsOfUserModeOnlyAreALimit) {
  kernel_.count = [](const std::string& event, const CounterTarget&) {
    return Counted{1, event == "cycles"};
  };
  EXPECT_THAT(Check("events"), Says(v1::CHECK_STATE_LIMITED, HasSubstr("user mode only: cycles"),
                                    "sudo sysctl -w kernel.perf_event_paranoid=1"));
}

TEST_F(CounterChecksTest, WhereAllIsCountedAllIsWell) {
  for (const char* name :
       {"counters of threads", "counters with the kernel", "counters of CPUs", "events"}) {
    EXPECT_THAT(Check(name), Says(v1::CHECK_STATE_OK, _, ""));
  }
}

TEST_F(CounterChecksTest, CpusAreCountedOnOneThatMayBeUsed) {
  kernel_.cpus = {7};
  std::vector<uint32_t> cpus;
  kernel_.count = [&](const std::string&, const CounterTarget& target) {
    if (target.cpu) cpus.push_back(*target.cpu);
    return Counted{1, false};
  };
  CounterChecks(kernel_);
  EXPECT_THAT(cpus, ::testing::ElementsAre(7));
}

TEST_F(CounterChecksTest, SymbolsThatAreAllZerosAreHidden) {
  EXPECT_THAT(Check("kernel symbols"), Says(v1::CHECK_STATE_OK, _, ""));
  kernel_.files["/proc/kallsyms"] = "0000000000000000 T _text\n0000000000000000 T x";
  EXPECT_THAT(Check("kernel symbols"),
              Says(v1::CHECK_STATE_MISSING, _,
                   "sudo sysctl -w kernel.kptr_restrict=0 kernel.perf_event_paranoid=0"));
  kernel_.files.erase("/proc/kallsyms");
  EXPECT_THAT(Check("kernel symbols"),
              Says(v1::CHECK_STATE_MISSING, _, HasSubstr("CONFIG_KALLSYMS")));
}

}  // namespace
}  // namespace copycost
