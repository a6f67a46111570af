// Kernel TLS, where the kernel has it; where it has not, it says so and what would enable it.
#include <string>

#include "agent/host_info.h"
#include "agent/mode_trial.h"
#include "common/mode_traits.h"
#include "common/words.h"
#include "tests/testing/flow_harness.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FlowRun;
using ::copycost::testing::RunFlow;
using ::copycost::testing::StatusIs;
using ::copycost::testing::VerifiedWorkload;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Transport& Ktls() { return **FindTransport(v1::TRANSPORT_KTLS); }

v1::Workload OverKtls(v1::SendMode send, v1::ReceiveMode receive) {
  v1::Workload workload = VerifiedWorkload(send);
  workload.set_transport(v1::TRANSPORT_KTLS);
  workload.set_receive_mode(receive);
  if (DeliversNothing(receive)) workload.set_read(v1::READ_NONE);
  return workload;
}

TEST(KtlsWithoutKernelTest, AKernelWithoutItIsToldWithWhatWouldEnableIt) {
  const absl::Status opened = OpenPair(Ktls()).status();
  if (opened.ok()) GTEST_SKIP() << "this kernel has TLS";
  EXPECT_THAT(opened, StatusIs(absl::StatusCode::kFailedPrecondition,
                               AllOf(HasSubstr("TCP_ULP tls"), HasSubstr("modprobe tls"))));
  const FlowRun run =
      RunFlow({.workload = OverKtls(v1::SEND_MODE_TWO_COPY, v1::RECEIVE_MODE_RECV)});
  EXPECT_TRUE(absl::IsFailedPrecondition(run.sender) || absl::IsFailedPrecondition(run.receiver))
      << "nothing is sent in the clear";
  EXPECT_EQ(run.received.total_bytes(), 0u);
}

// Whatever the kernel.
TEST(KtlsWithoutKernelTest, PagesOfCiphertextAreNotMapped) {
  for (const ReceiveModeRow& row : ReceiveModes()) {
    if (!MapsPages(row.mode)) continue;
    EXPECT_THAT(TryOver(Ktls(), row), StatusIs(absl::StatusCode::kFailedPrecondition,
                                               HasSubstr("not over ktls sockets: pages of its")));
  }
}

class KtlsPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status opened = OpenPair(Ktls()).status();
    if (!opened.ok()) GTEST_SKIP() << opened.message();
    const v1::Description description = HostInfo().Describe();
    for (const v1::TransportState& told : description.transports()) {
      if (told.transport() == v1::TRANSPORT_KTLS) told_ = told;
    }
  }

  v1::TransportState told_;
};

TEST_F(KtlsPathTest, EverySendModeDeliversEncryptedOrIsToldNotToWork) {
  for (const v1::SendModeState& entry : told_.send_modes()) {
    SCOPED_TRACE(Label(entry.mode()));
    const v1::Workload workload = OverKtls(entry.mode(), v1::RECEIVE_MODE_RECV);
    const uint64_t bytes = workload.message_bytes() * workload.messages_per_flow();
    EXPECT_FALSE(PinsBuffers(entry.mode()) && entry.state().available());
    if (!entry.state().available()) continue;
    const FlowRun run = RunFlow({.workload = workload});
    ASSERT_OK(run.sender);
    ASSERT_OK(run.receiver);
    EXPECT_EQ(run.received.verified_bytes(), bytes);
    EXPECT_EQ(run.sender_echo.transport(), v1::TRANSPORT_KTLS);
    EXPECT_EQ(run.sent.evidence().transformed_bytes(), bytes);
    EXPECT_EQ(run.received.evidence().transformed_bytes(), bytes);
    EXPECT_EQ(run.received.evidence().uncertain_copied_bytes(), bytes);
    EXPECT_EQ(run.sent.evidence().uncertain_copied_bytes(),
              LendsPages(entry.mode()) ? 0 : run.sent.evidence().kernel_copied_bytes());
  }
}

TEST_F(KtlsPathTest, EveryReceiveModeThatIsToldToWorkTakesAll) {
  for (const v1::ReceiveModeState& entry : told_.receive_modes()) {
    if (!entry.state().available()) continue;
    SCOPED_TRACE(Label(entry.mode()));
    const v1::Workload workload = OverKtls(v1::SEND_MODE_ONE_COPY, entry.mode());
    const FlowRun run = RunFlow({.workload = workload});
    ASSERT_OK(run.sender);
    ASSERT_OK(run.receiver);
    EXPECT_EQ(run.received.total_bytes(), workload.message_bytes() * workload.messages_per_flow());
  }
}

}  // namespace
}  // namespace copycost
