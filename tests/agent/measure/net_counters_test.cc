#include "agent/measure/net_counters.h"

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(NetCountersTest, AreTheValuesBelowTheirNames) {
  CounterValues counters;
  ASSERT_OK(AddNetCounters(
      "TcpExt: SyncookiesSent TCPRcvCollapsed\nTcpExt: 1 23\nIpExt: InNoRoutes\nIpExt: 9\n",
      counters));
  ASSERT_OK(AddNetCounters("Tcp: MaxConn InSegs\nTcp: -1 12\n", counters));
  ASSERT_OK(AddNet6Counters("Ip6InReceives          \t77\nIp6OutPkts 8\n", counters));
  EXPECT_THAT(counters,
              UnorderedElementsAre(Pair("TcpExt.SyncookiesSent", 1),
                                   Pair("TcpExt.TCPRcvCollapsed", 23), Pair("IpExt.InNoRoutes", 9),
                                   Pair("Tcp.MaxConn", -1), Pair("Tcp.InSegs", 12),
                                   Pair("Ip6InReceives", 77), Pair("Ip6OutPkts", 8)));
}

TEST(NetCountersTest, RefusesWhatItCannotRead) {
  CounterValues counters;
  for (const char* text : {"TcpExt: A\n", "TcpExt: A B\nTcpExt: 1\n", "TcpExt: A\nIpExt: 1\n"}) {
    EXPECT_THAT(AddNetCounters(text, counters),
                StatusIs(absl::StatusCode::kInternal, HasSubstr("a value each")));
  }
  EXPECT_THAT(AddNetCounters("TcpExt: A\nTcpExt: x\n", counters),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("A is no number")));
  for (const char* text : {"Ip6InReceives\n", "Ip6InReceives 1 2\n", "Ip6InReceives x\n"}) {
    EXPECT_THAT(AddNet6Counters(text, counters),
                StatusIs(absl::StatusCode::kInternal, ::testing::_));
  }
}

TEST(NetCountersTest, ThisKernelTells) {
  const auto counters = ReadNetCounters();
  ASSERT_OK(counters);
  EXPECT_TRUE(counters->contains("TcpExt.TCPRcvCollapsed"));
  EXPECT_TRUE(counters->contains("Tcp.RetransSegs"));
}

}  // namespace
}  // namespace copycost
