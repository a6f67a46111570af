#include "coordinator/cli/doctor_text.h"

#include <gmock/gmock.h>

#include "absl/strings/str_split.h"
#include "common/check.h"

namespace copycost {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

DoctorReport TwoAgents() {
  return {.parts = {{.subject = "sender",
                     .checks = {OkCheck("clock", "that of this host"),
                                OkCheck("data address", "eth0")}},
                    {.subject = "receiver",
                     .checks = {OkCheck("clock", "that of this host"),
                                LimitedCheck("data address", "eth1, without scatter-gather",
                                             "sudo ethtool -K eth1 sg on")}}},
          .can_run = true,
          .verdict = "A run can be made."};
}

TEST(DoctorTextTest, WhatNeighboursHaveAlikeComesOnce) {
  EXPECT_EQ(DoctorText(TwoAgents(), 100),
            "sender and receiver\n"
            "  ok       clock: that of this host\n"
            "\n"
            "sender\n"
            "  ok       data address: eth0\n"
            "\n"
            "receiver\n"
            "  limited  data address: eth1, without scatter-gather\n"
            "           remedy: sudo ethtool -K eth1 sg on\n"
            "\n"
            "2 ok, 1 limited. A run can be made.\n");
}

TEST(DoctorTextTest, NothingAlikeGetsNoSection) {
  DoctorReport report = TwoAgents();
  report.parts[1].subject = "data path";
  report.parts[1].checks = {MissingCheck("IPv6", "none", "")};
  const std::string text = DoctorText(report, 100);
  EXPECT_THAT(text, Not(HasSubstr("sender and data path")));
  EXPECT_THAT(text, Not(HasSubstr("remedy")));
}

TEST(DoctorTextTest, NarrowTerminalsGetNarrowLines) {
  for (const size_t width : {size_t{40}, size_t{60}}) {
    for (const auto line : absl::StrSplit(DoctorText(TwoAgents(), width), '\n')) {
      EXPECT_LE(line.size(), width) << line;
    }
  }
  EXPECT_THAT(DoctorText(TwoAgents(), 1), HasSubstr("ethtool"));
}

}  // namespace
}  // namespace copycost
