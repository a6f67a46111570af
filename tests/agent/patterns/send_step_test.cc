#include "agent/patterns/send_step.h"

#include <vector>

#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeClock;
using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

// Does what it was told, step by step.
class ScriptedSender final : public Sender {
 public:
  explicit ScriptedSender(std::vector<Progress> steps) : steps_(std::move(steps)) {}

  absl::Status Open(const FlowSpec&, int, Content&) override { return absl::OkStatus(); }
  absl::StatusOr<Progress> Send(uint32_t) override { return steps_.at(sends++); }
  absl::Status AwaitCompletions(absl::Time) override {
    ++waits;
    return absl::OkStatus();
  }
  absl::Status Reap() override {
    ++reaps;
    return absl::OkStatus();
  }
  absl::StatusOr<v1::Evidence> TakeEvidence() override { return v1::Evidence(); }
  void Echo(v1::Workload&) const override {}

  size_t sends = 0;
  int waits = 0;
  int reaps = 0;

 private:
  const std::vector<Progress> steps_;
};

class SendStepTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  WindowGate gate_{clock_};
  FlowMeter meter_{gate_};
};

TEST_F(SendStepTest, CountsTheBytesOfAMessage) {
  ScriptedSender sender({{.messages = 1, .bytes = 100}});
  const auto sent = SendStep(sender, 100, meter_);
  ASSERT_OK(sent);
  EXPECT_EQ(*sent, 1u);
  EXPECT_EQ(meter_.counters().bytes.Get(), 100u);
  EXPECT_EQ(meter_.counters().messages.Get(), 0u) << "the pattern's affair";
  EXPECT_EQ(sender.waits, 0);
}

TEST_F(SendStepTest, WaitsForCompletionsAndTakesThem) {
  ScriptedSender sender({{.blocked_on = BlockedOn::kCompletions}, {.messages = 1, .bytes = 100}});
  EXPECT_EQ(*SendStep(sender, 100, meter_), 0u);
  EXPECT_EQ(sender.waits, 1);
  EXPECT_EQ(sender.reaps, 1);
  EXPECT_EQ(*SendStep(sender, 100, meter_), 1u);
}

TEST_F(SendStepTest, AMessageOfAnotherSizeIsDataLoss) {
  ScriptedSender sender({{.messages = 1, .bytes = 99}});
  EXPECT_THAT(
      SendStep(sender, 100, meter_),
      StatusIs(absl::StatusCode::kDataLoss, HasSubstr("submitted 99 bytes as a message of 100")));
}

}  // namespace
}  // namespace copycost
