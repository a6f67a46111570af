#include "agent/measure/link_counters.h"

#include "agent/transport/tcp.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::ReceiveAll;
using ::copycost::testing::SendAll;
using ::copycost::testing::StatusIs;

TEST(LinkCountersTest, PacketsAreCounted) {
  const auto before = ReadLinkCounters("lo");
  ASSERT_OK(before);
  const SocketPair pair = *ConnectLoopbackPair();
  EXPECT_TRUE(SendAll(pair.client.get(), "a packet"));
  EXPECT_EQ(ReceiveAll(pair.server.get(), 8), "a packet");
  const auto after = ReadLinkCounters("lo");
  ASSERT_OK(after);
  const v1::CounterGrowth grown = Growth(*before, *after);
  EXPECT_GE(grown.counts().at("tx_packets"), 1u);
  EXPECT_GE(grown.counts().at("rx_bytes"), 8u);
  EXPECT_FALSE(grown.counts().contains("rx_errors"));
}

TEST(LinkCountersTest, QueueingDisciplinesAreTold) {
  const auto counters = ReadLinkCounters("lo");
  ASSERT_OK(counters);
  EXPECT_TRUE(counters->contains("qdisc.noqueue.overlimits"));
}

TEST(LinkCountersTest, AnInterfaceThatIsNotThereIsNotFound) {
  EXPECT_THAT(ReadLinkCounters("copycost-none"),
              StatusIs(absl::StatusCode::kNotFound, ::testing::_));
}

TEST(CounterValuesTest, TellsThoseThatGrew) {
  const v1::CounterGrowth grown =
      Growth({{"a", 1}, {"b", 2}, {"c", 5}}, {{"a", 1}, {"b", 5}, {"c", 3}, {"d", 9}});
  EXPECT_THAT(grown.counts(), ::testing::UnorderedElementsAre(::testing::Pair("b", 3)));
}

}  // namespace
}  // namespace copycost
