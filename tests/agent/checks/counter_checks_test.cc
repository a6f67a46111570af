#include "agent/checks/checks.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/fake_kernel.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeKernel;
using ::copycost::testing::Named;
using ::copycost::testing::Says;
using ::testing::_;
using ::testing::HasSubstr;

class CounterChecksTest : public ::testing::Test {
 protected:
  v1::Check Check(const std::string& name) { return Named(name, CounterChecks(kernel_)); }
  void Refuse(const absl::Status& why) {
    kernel_.count = [why](const PerfEvent&) -> absl::StatusOr<uint64_t> { return why; };
  }

  FakeKernel kernel_;
};

TEST_F(CounterChecksTest, WhatIsForbiddenNamesTheSettingThatPermitsIt) {
  Refuse(absl::PermissionDeniedError("perf_event_open: Permission denied"));
  kernel_.files["/proc/sys/kernel/perf_event_paranoid"] = "4";
  EXPECT_THAT(Check("counters of threads"),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("user mode: perf_event_open"),
                   "sudo sysctl -w kernel.perf_event_paranoid=2"));
  EXPECT_THAT(Check("counters with the kernel"),
              Says(v1::CHECK_STATE_MISSING, _, "sudo sysctl -w kernel.perf_event_paranoid=1"));
  EXPECT_THAT(Check("counters of CPUs"),
              Says(v1::CHECK_STATE_MISSING, _, "sudo sysctl -w kernel.perf_event_paranoid=0"));
}

TEST_F(CounterChecksTest, WhereTheSettingPermitsItAProfileForbidsIt) {
  Refuse(absl::PermissionDeniedError("perf_event_open: Operation not permitted"));
  EXPECT_THAT(Check("counters of threads"), Says(v1::CHECK_STATE_MISSING, _, HasSubstr("seccomp")));
}

TEST_F(CounterChecksTest, AMachineWithoutAPmuIsToldWhatGivesOne) {
  kernel_.count = [](const PerfEvent& event) -> absl::StatusOr<uint64_t> {
    if (event.what != PerfEvent::What::kCycles) return 5;
    return absl::NotFoundError("perf_event_open: No such file or directory");
  };
  EXPECT_THAT(Check("hardware counters"),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("No such file"), HasSubstr("pmu=on")));
  EXPECT_THAT(Check("counters of threads"), Says(v1::CHECK_STATE_OK, _, ""));
}

TEST_F(CounterChecksTest, ACounterThatCountsNothingIsNone) {
  kernel_.count = [](const PerfEvent&) { return 0; };
  EXPECT_THAT(Check("hardware counters"),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("counts nothing"), HasSubstr("pmu=on")));
}

TEST_F(CounterChecksTest, CpusAreCountedOnOneThatMayBeUsed) {
  kernel_.cpus = {7};
  std::vector<uint32_t> cpus;
  kernel_.count = [&](const PerfEvent& event) {
    if (event.scope == PerfEvent::Scope::kCpu) cpus.push_back(event.cpu);
    return 1;
  };
  CounterChecks(kernel_);
  EXPECT_THAT(cpus, ::testing::ElementsAre(7));
}

TEST_F(CounterChecksTest, SymbolsThatAreAllZerosAreHidden) {
  EXPECT_THAT(Check("kernel symbols"), Says(v1::CHECK_STATE_OK, _, ""));
  kernel_.files["/proc/kallsyms"] = "0000000000000000 T _text\n0000000000000000 T x";
  EXPECT_THAT(Check("kernel symbols"),
              Says(v1::CHECK_STATE_MISSING, _,
                   "sudo sysctl -w kernel.kptr_restrict=0 kernel.perf_event_paranoid=1"));
  kernel_.files.erase("/proc/kallsyms");
  EXPECT_THAT(Check("kernel symbols"),
              Says(v1::CHECK_STATE_MISSING, _, HasSubstr("CONFIG_KALLSYMS")));
}

}  // namespace
}  // namespace copycost
