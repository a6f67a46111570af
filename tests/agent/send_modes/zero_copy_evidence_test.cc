#include "agent/send_modes/zero_copy_evidence.h"

#include "agent/transport/tcp.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

v1::Evidence EvidenceOf(ZeroCopyEvidence& evidence) {
  const SocketPair pair = *ConnectLoopbackPair();
  return *evidence.Take(pair.client.get());
}

TEST(ZeroCopyEvidenceTest, OverANicASingleUnmarkedCompletionMeansNoCopy) {
  ZeroCopyEvidence evidence(DataPath::kScatterGather);
  evidence.Sent(1000);
  evidence.Completed({.sends = 1, .bytes = 1000, .copied = false, .exact = true});
  const v1::Evidence told = EvidenceOf(evidence);
  EXPECT_EQ(told.delivery_copied_low_bytes(), 0u);
  EXPECT_EQ(told.delivery_copied_high_bytes(), 0u);
  EXPECT_EQ(told.zero_copy_completions(), 1u);
  EXPECT_EQ(told.zero_copy_copied(), 0u);
  EXPECT_EQ(told.delivery_basis(), v1::BASIS_OBSERVED);
}

TEST(ZeroCopyEvidenceTest, OverANicASingleMarkedCompletionMeansAByteAtLeast) {
  ZeroCopyEvidence evidence(DataPath::kScatterGather);
  evidence.Sent(1000);
  evidence.Completed({.sends = 1, .bytes = 1000, .copied = true, .exact = true});
  const v1::Evidence told = EvidenceOf(evidence);
  EXPECT_EQ(told.delivery_copied_low_bytes(), 1u);
  EXPECT_EQ(told.delivery_copied_high_bytes(), 1000u);
}

TEST(ZeroCopyEvidenceTest, OverANicAMergedCompletionMeansAnything) {
  for (const bool copied : {false, true}) {
    ZeroCopyEvidence evidence(DataPath::kScatterGather);
    evidence.Sent(1000);
    evidence.Sent(500);
    evidence.Completed({.sends = 2, .bytes = 1500, .copied = copied, .exact = false});
    const v1::Evidence told = EvidenceOf(evidence);
    EXPECT_EQ(told.delivery_copied_low_bytes(), 0u);
    EXPECT_EQ(told.delivery_copied_high_bytes(), 1500u);
    EXPECT_EQ(told.zero_copy_sends(), 2u);
    EXPECT_EQ(told.zero_copy_copied(), copied ? 2u : 0u);
  }
}

TEST(ZeroCopyEvidenceTest, ToALocalPeerEveryByteIsCopiedByConstruction) {
  ZeroCopyEvidence evidence(DataPath::kLocalDelivery);
  evidence.Sent(1000);
  evidence.Completed({.sends = 1, .bytes = 1000, .copied = true, .exact = true});
  const v1::Evidence told = EvidenceOf(evidence);
  EXPECT_EQ(told.delivery_copied_low_bytes(), 1000u);
  EXPECT_EQ(told.delivery_copied_high_bytes(), 1000u);
  EXPECT_EQ(told.delivery_basis(), v1::BASIS_BY_CONSTRUCTION);
}

TEST(ZeroCopyEvidenceTest, AnUnmarkedCompletionOfALocalPeerIsBelieved) {
  ZeroCopyEvidence evidence(DataPath::kLocalDelivery);
  evidence.Sent(1000);
  evidence.Sent(500);
  evidence.Completed({.sends = 1, .bytes = 1000, .copied = true, .exact = true});
  evidence.Completed({.sends = 1, .bytes = 500, .copied = false, .exact = true});
  const v1::Evidence told = EvidenceOf(evidence);
  EXPECT_EQ(told.delivery_copied_low_bytes(), 1000u);
  EXPECT_EQ(told.delivery_copied_high_bytes(), 1500u);
  EXPECT_EQ(told.delivery_basis(), v1::BASIS_OBSERVED);
}

TEST(ZeroCopyEvidenceTest, WithoutScatterGatherTheSendingKernelCopies) {
  ZeroCopyEvidence evidence(DataPath::kNoScatterGather);
  evidence.Sent(1000);
  evidence.Waited();
  evidence.Completed({.sends = 1, .bytes = 1000, .copied = true, .exact = true});
  const v1::Evidence told = EvidenceOf(evidence);
  EXPECT_EQ(told.kernel_copied_bytes(), 1000u);
  EXPECT_EQ(told.delivery_copied_high_bytes(), 0u);
  EXPECT_EQ(told.buffer_waits(), 1u);
}

}  // namespace
}  // namespace copycost
