// Every mode over real sockets: what is sent arrives, byte for byte, and is accounted for.
#include <string>
#include <tuple>
#include <vector>

#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/mode_probe.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FlowRun;
using ::copycost::testing::ProbeOf;
using ::copycost::testing::RunFlow;
using ::copycost::testing::RunFlows;
using ::copycost::testing::VerifiedWorkload;

struct Shape {
  uint64_t message_bytes;
  uint32_t fields;
  uint32_t ring_depth;
  uint64_t messages;
  uint64_t working_messages = 0;  // of the working set
};

class DataPathTest : public ::testing::TestWithParam<std::tuple<v1::SendMode, Shape>> {
 protected:
  void SetUp() override {
    const absl::Status probed = ProbeOf(std::get<0>(GetParam()));
    if (!probed.ok()) GTEST_SKIP() << probed.message();
  }

  v1::Workload Workload() const {
    const auto& [mode, shape] = GetParam();
    v1::Workload workload = VerifiedWorkload(mode);
    workload.set_message_bytes(shape.message_bytes);
    workload.set_fields(shape.fields);
    workload.set_ring_depth(shape.ring_depth);
    workload.set_messages_per_flow(shape.messages);
    workload.set_working_set_bytes(shape.working_messages * shape.message_bytes);
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

// Where the bytes of a message that is written anew each time are copied on the sender's side.
struct Copies {
  uint64_t staged;
  uint64_t by_kernel;
};

Copies CopiesOf(v1::SendMode mode) {
  switch (mode) {
    case v1::SEND_MODE_TWO_COPY:
      return {1, 1};
    case v1::SEND_MODE_ONE_COPY:
    case v1::SEND_MODE_WRITEV:
    case v1::SEND_MODE_SPLICE:  // into the pipe
    case v1::SEND_MODE_URING_SEND:
    case v1::SEND_MODE_URING_SENDMSG:
      return {0, 1};
    case v1::SEND_MODE_SENDFILE:  // into the file
      return {1, 0};
    default:
      return {0, 0};
  }
}

TEST_P(DataPathTest, EveryPayloadByteIsInTheEvidenceOfItsMode) {
  const v1::Workload workload = Workload();
  const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  const v1::Evidence& sent = run.sent.evidence();
  EXPECT_EQ(run.received.evidence().receive_copied_bytes(), bytes);
  EXPECT_EQ(sent.staged_bytes(), CopiesOf(workload.send_mode()).staged * bytes);
  EXPECT_EQ(sent.kernel_copied_bytes(), CopiesOf(workload.send_mode()).by_kernel * bytes);
  if (!PinsBuffers(workload.send_mode())) {
    EXPECT_EQ(sent.delivery_copied_high_bytes(), 0u);
    EXPECT_EQ(sent.zero_copy_sends(), 0u);
    return;
  }
  EXPECT_EQ(sent.delivery_copied_low_bytes(), bytes);
  EXPECT_EQ(sent.delivery_copied_high_bytes(), bytes + run.sent.retransmitted_bytes());
  EXPECT_EQ(sent.delivery_basis(), v1::BASIS_BY_CONSTRUCTION);
  EXPECT_GE(sent.zero_copy_sends(), workload.messages_per_flow());
  EXPECT_EQ(sent.zero_copy_completions(), sent.zero_copy_sends());
  // Loopback: the kernel says of every one that it was copied after all.
  EXPECT_EQ(sent.zero_copy_copied(), sent.zero_copy_sends());
}

TEST_P(DataPathTest, EchoesWhatWasAppliedAndNothingItHasNoPartIn) {
  const v1::Workload workload = Workload();
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  EXPECT_EQ(run.sender_echo.send_mode(), workload.send_mode());
  EXPECT_EQ(run.sender_echo.message_bytes(), workload.message_bytes());
  EXPECT_EQ(run.sender_echo.fields(), workload.fields());
  for (const v1::Workload& echo : {run.sender_echo, run.receiver_echo}) {
    EXPECT_EQ(echo.working_set_bytes(), workload.working_set_bytes());
    EXPECT_EQ(echo.huge_pages(), v1::HUGE_PAGES_NONE);
  }
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
         "_ring_" + std::to_string(shape.ring_depth) + "_of_" +
         std::to_string(shape.working_messages);
}

INSTANTIATE_TEST_SUITE_P(
    EveryModeAndShape, DataPathTest,
    ::testing::Combine(::testing::ValuesIn(AllValues<v1::SendMode>()),
                       ::testing::Values(Shape{16384, 8, 8, 200},  // ordinary; the ring wraps
                                         Shape{1, 1, 1, 300},      // the least there is
                                         Shape{999, 3, 2, 500},    // nothing is aligned
                                         Shape{65536, 64, 4,
                                               100},  // more fields than a skb's frags
                                         Shape{16384, 8, 4, 200, 37},  // a working set
                                         Shape{1 << 20, 1, 2, 20})),
    NameOfCase);

// Every pair of modes; that a receive mode which delivers nothing takes every byte all the same.
class PairTest : public ::testing::TestWithParam<std::tuple<v1::SendMode, v1::ReceiveMode>> {};

TEST_P(PairTest, MovesEveryByte) {
  const auto& [send, receive] = GetParam();
  for (const absl::Status& probed : {ProbeOf(send), ProbeOf(receive)}) {
    if (!probed.ok()) GTEST_SKIP() << probed.message();
  }
  v1::Workload workload = VerifiedWorkload(send);
  workload.set_receive_mode(receive);
  if (DeliversNothing(receive)) workload.set_read(v1::READ_NONE);
  const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  EXPECT_EQ(run.received.total_bytes(), bytes);
  EXPECT_EQ(run.received.verified_bytes(), DeliversNothing(receive) ? 0 : bytes);
  const v1::Evidence& evidence = run.received.evidence();
  EXPECT_EQ(evidence.receive_copied_bytes() + evidence.mapped_bytes(),
            DeliversNothing(receive) ? 0 : bytes);
  if (!MapsPages(receive)) {
    EXPECT_EQ(evidence.mapped_bytes(), 0u);
  }
  EXPECT_EQ(run.receiver_echo.receive_mode(), receive);
  EXPECT_EQ(run.receiver_echo.message_bytes(), workload.message_bytes());
}

INSTANTIATE_TEST_SUITE_P(EverySendToEveryReceive, PairTest,
                         ::testing::Combine(::testing::ValuesIn(AllValues<v1::SendMode>()),
                                            ::testing::ValuesIn(AllValues<v1::ReceiveMode>())),
                         [](const auto& info) {
                           return std::string(v1::SendMode_Name(std::get<0>(info.param))) + "_to_" +
                                  v1::ReceiveMode_Name(std::get<1>(info.param));
                         });

// Several flows in one thread on each side, some of which end before others.
class SharedThreadTest
    : public ::testing::TestWithParam<std::tuple<v1::SendMode, v1::ReceiveMode>> {};

TEST_P(SharedThreadTest, MovesEveryByteOfEveryFlow) {
  const auto& [send, receive] = GetParam();
  for (const absl::Status& probed : {ProbeOf(send), ProbeOf(receive)}) {
    if (!probed.ok()) GTEST_SKIP() << probed.message();
  }
  v1::Workload workload = VerifiedWorkload(send);
  workload.set_receive_mode(receive);
  workload.set_flows_per_thread(5);
  workload.set_ring_depth(2);  // so that completions are waited for
  if (DeliversNothing(receive)) workload.set_read(v1::READ_NONE);
  const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
  const std::vector<FlowRun> runs = RunFlows({.workload = workload});
  ASSERT_EQ(runs.size(), 5u);
  for (const FlowRun& run : runs) {
    ASSERT_OK(run.sender);
    ASSERT_OK(run.receiver);
    EXPECT_EQ(run.sent.total_messages(), workload.messages_per_flow());
    EXPECT_EQ(run.sent.total_bytes(), bytes);
    EXPECT_EQ(run.received.total_bytes(), bytes);
    EXPECT_EQ(run.received.verified_bytes(), DeliversNothing(receive) ? 0 : bytes);
    const v1::Evidence& evidence = run.received.evidence();
    EXPECT_EQ(evidence.receive_copied_bytes() + evidence.mapped_bytes(),
              DeliversNothing(receive) ? 0 : bytes);
    EXPECT_EQ(run.sent.evidence().staged_bytes(), CopiesOf(send).staged * bytes);
    EXPECT_EQ(run.sent.evidence().kernel_copied_bytes(), CopiesOf(send).by_kernel * bytes);
    EXPECT_EQ(run.sent.evidence().zero_copy_completions(), run.sent.evidence().zero_copy_sends());
    EXPECT_EQ(run.sender_echo.SerializeAsString(), runs[0].sender_echo.SerializeAsString());
  }
}

std::string NameOfPair(const ::testing::TestParamInfo<SharedThreadTest::ParamType>& info) {
  return v1::SendMode_Name(std::get<0>(info.param)) + "_to_" +
         v1::ReceiveMode_Name(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(EverySendMode, SharedThreadTest,
                         ::testing::Combine(::testing::ValuesIn(AllValues<v1::SendMode>()),
                                            ::testing::Values(v1::RECEIVE_MODE_RECV)),
                         NameOfPair);
INSTANTIATE_TEST_SUITE_P(EveryReceiveMode, SharedThreadTest,
                         ::testing::Combine(::testing::Values(v1::SEND_MODE_TWO_COPY,
                                                              v1::SEND_MODE_ZERO_COPY),
                                            ::testing::ValuesIn(AllValues<v1::ReceiveMode>())),
                         NameOfPair);

// A message that never changes is made once, and every copy of it on the way is another matter.
TEST(UnchangedMessagesTest, AreWrittenIntoAFileOnce) {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_SENDFILE);
  workload.set_touch(v1::TOUCH_NONE);
  workload.set_read(v1::READ_CHECKSUM);
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  EXPECT_EQ(run.sent.evidence().staged_bytes(), 0u);
  EXPECT_EQ(run.sent.evidence().kernel_copied_bytes(), 0u);
  EXPECT_EQ(run.received.total_bytes(), workload.message_bytes() * workload.messages_per_flow());
}

TEST(ExtraCopiesTest, AreMadeAndCounted) {
  v1::Workload workload = VerifiedWorkload(v1::SEND_MODE_TWO_COPY);
  workload.set_extra_copies(3);
  const FlowRun run = RunFlow({.workload = workload});
  ASSERT_OK(run.sender);
  ASSERT_OK(run.receiver);
  const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
  EXPECT_EQ(run.received.verified_bytes(), bytes);
  EXPECT_EQ(run.sent.evidence().staged_bytes(), 4 * bytes);
  EXPECT_EQ(run.sent.evidence().kernel_copied_bytes(), bytes);
}

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
