// Every mode over real sockets: what is sent arrives, byte for byte, and is accounted for.
#include <string>
#include <tuple>

#include "common/words.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FlowRun;
using ::copycost::testing::RunFlow;
using ::copycost::testing::VerifiedWorkload;

struct Shape {
  uint64_t message_bytes;
  uint32_t fields;
  uint32_t ring_depth;
  uint64_t messages;
};

class DataPathTest : public ::testing::TestWithParam<std::tuple<v1::SendMode, Shape>> {
 protected:
  v1::Workload Workload() const {
    const auto& [mode, shape] = GetParam();
    v1::Workload workload = VerifiedWorkload(mode);
    workload.set_message_bytes(shape.message_bytes);
    workload.set_fields(shape.fields);
    workload.set_ring_depth(shape.ring_depth);
    workload.set_messages_per_flow(shape.messages);
    return workload;
  }
};

TEST_P(DataPathTest, DeliversEveryByteUnchanged) {
  const v1::Workload workload = Workload();
  const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  EXPECT_EQ(run.sent.total_messages(), workload.messages_per_flow());
  EXPECT_EQ(run.sent.total_bytes(), bytes);
  EXPECT_EQ(run.received.total_bytes(), bytes);
  EXPECT_EQ(run.received.verified_bytes(), bytes);
  EXPECT_EQ(run.sent.evidence().touched_bytes(), bytes);
  EXPECT_EQ(run.received.evidence().read_bytes(), bytes);
}

TEST_P(DataPathTest, EveryPayloadByteIsInTheEvidenceOfItsMode) {
  const v1::Workload workload = Workload();
  const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  const v1::Evidence& sent = run.sent.evidence();
  EXPECT_EQ(run.received.evidence().receive_copied_bytes(), bytes);
  if (workload.send_mode() == v1::SEND_MODE_ZERO_COPY) {
    EXPECT_EQ(sent.staged_bytes() + sent.kernel_copied_bytes(), 0u);
    EXPECT_EQ(sent.delivery_copied_low_bytes(), bytes);
    EXPECT_EQ(sent.delivery_copied_high_bytes(), bytes + run.sent.retransmitted_bytes());
    EXPECT_EQ(sent.delivery_basis(), v1::BASIS_BY_CONSTRUCTION);
    EXPECT_GE(sent.zero_copy_sends(), workload.messages_per_flow());
    EXPECT_EQ(sent.zero_copy_completions(), sent.zero_copy_sends());
    // Loopback: the kernel says of every one that it was copied after all.
    EXPECT_EQ(sent.zero_copy_copied(), sent.zero_copy_sends());
    return;
  }
  EXPECT_EQ(sent.staged_bytes(), workload.send_mode() == v1::SEND_MODE_TWO_COPY ? bytes : 0);
  EXPECT_EQ(sent.kernel_copied_bytes(), bytes);
  EXPECT_EQ(sent.delivery_copied_high_bytes(), 0u);
  EXPECT_EQ(sent.zero_copy_sends(), 0u);
}

TEST_P(DataPathTest, EchoesWhatWasAppliedAndNothingItHasNoPartIn) {
  const v1::Workload workload = Workload();
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  EXPECT_EQ(run.sender_echo.send_mode(), workload.send_mode());
  EXPECT_EQ(run.sender_echo.message_bytes(), workload.message_bytes());
  EXPECT_EQ(run.sender_echo.fields(), workload.fields());
  EXPECT_EQ(run.sender_echo.touch(), v1::TOUCH_VERIFY);
  for (const v1::Workload& echo : {run.sender_echo, run.receiver_echo}) {
    EXPECT_EQ(echo.pattern(), v1::PATTERN_STREAM);
    EXPECT_EQ(echo.messages_per_flow(), workload.messages_per_flow());
  }
  EXPECT_EQ(run.sender_echo.receive_mode(), v1::RECEIVE_MODE_UNSPECIFIED);
  EXPECT_EQ(run.receiver_echo.receive_mode(), workload.receive_mode());
  EXPECT_EQ(run.receiver_echo.read(), v1::READ_VERIFY);
  EXPECT_EQ(run.receiver_echo.send_mode(), v1::SEND_MODE_UNSPECIFIED);
}

std::string NameOfCase(const ::testing::TestParamInfo<DataPathTest::ParamType>& info) {
  const auto& [mode, shape] = info.param;
  std::string name = v1::SendMode_Name(mode);
  return name + "_" + std::to_string(shape.message_bytes) + "_by_" + std::to_string(shape.fields) +
         "_ring_" + std::to_string(shape.ring_depth);
}

INSTANTIATE_TEST_SUITE_P(
    EveryModeAndShape, DataPathTest,
    ::testing::Combine(::testing::ValuesIn(AllOf<v1::SendMode>()),
                       ::testing::Values(Shape{16384, 8, 8, 200},  // ordinary; the ring wraps
                                         Shape{1, 1, 1, 300},      // the least there is
                                         Shape{999, 3, 2, 500},    // nothing is aligned
                                         Shape{65536, 64, 4,
                                               100},  // more fields than a skb's frags
                                         Shape{1 << 20, 1, 2, 20})),
    NameOfCase);

class ContentAndSinkTest : public ::testing::TestWithParam<std::tuple<v1::Touch, v1::Read>> {};

TEST_P(ContentAndSinkTest, GoThroughTheSameSendersAndReceivers) {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_touch(std::get<0>(GetParam()));
  workload.set_read(std::get<1>(GetParam()));
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  const uint64_t messages = workload.messages_per_flow();
  const uint64_t bytes = messages * workload.message_bytes();
  const uint64_t touched = workload.touch() == v1::TOUCH_NONE     ? 0
                           : workload.touch() == v1::TOUCH_HEADER ? messages * sizeof(uint64_t)
                                                                  : bytes;
  EXPECT_EQ(run.sent.evidence().touched_bytes(), touched);
  EXPECT_EQ(run.received.evidence().read_bytes(), workload.read() == v1::READ_NONE ? 0 : bytes);
  EXPECT_EQ(run.received.total_bytes(), bytes);
}

INSTANTIATE_TEST_SUITE_P(EveryOneThatMayBeMeasured, ContentAndSinkTest,
                         ::testing::Combine(::testing::Values(v1::TOUCH_NONE, v1::TOUCH_HEADER,
                                                              v1::TOUCH_FIELDS),
                                            ::testing::Values(v1::READ_NONE, v1::READ_CHECKSUM)));

}  // namespace
}  // namespace copycost
