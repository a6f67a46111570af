#include "agent/diagnosis.h"

#include <set>

#include "agent/host_info.h"
#include "common/words.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/fake_kernel.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeKernel;
using ::copycost::testing::Says;
using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

v1::Description TwoModes() {
  v1::Description description;
  v1::SendModeState& works = *description.add_send_modes();
  works.set_mode(v1::SEND_MODE_TWO_COPY);
  works.mutable_state()->set_available(true);
  v1::SendModeState& lacks = *description.add_send_modes();
  lacks.set_mode(v1::SEND_MODE_ZERO_COPY);
  lacks.mutable_state()->set_reason("sendmsg: no; raise it");
  return description;
}

TEST(DiagnosisTest, ModesComeFirst) {
  const auto diagnosis = Diagnose(v1::DiagnoseRequest(), TwoModes(), Limits(), FakeKernel());
  ASSERT_OK(diagnosis);
  EXPECT_EQ(diagnosis->checks(0).name(), "send mode two-copy");
  EXPECT_THAT(diagnosis->checks(0), Says(v1::CHECK_STATE_OK, _, ""));
  EXPECT_EQ(diagnosis->checks(1).name(), "send mode zero-copy");
  EXPECT_THAT(diagnosis->checks(1), Says(v1::CHECK_STATE_MISSING, "sendmsg: no", "raise it"));
}

TEST(DiagnosisTest, RefusesMoreAddressesThanAnAgentHas) {
  v1::DiagnoseRequest request;
  for (int i = 0; i < 9; ++i) request.add_data_addresses("127.0.0.1");
  EXPECT_THAT(Diagnose(request, TwoModes(), Limits(), FakeKernel()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("data_addresses")));
}

// Whatever this host permits.
TEST(DiagnosisTest, EveryCheckOfThisHostHasAStateAndNamesAreNotRepeated) {
  v1::DiagnoseRequest request;
  request.add_data_addresses("127.0.0.1");
  const auto diagnosis = Diagnose(request, HostInfo().Describe(), Limits());
  ASSERT_OK(diagnosis);
  std::set<std::string> names;
  for (const v1::Check& check : diagnosis->checks()) {
    EXPECT_TRUE(names.insert(check.name()).second) << check.name();
    EXPECT_NE(Label(check.state()), "?") << check.name();
    EXPECT_FALSE(check.found().empty()) << check.name();
    EXPECT_EQ(check.state() == v1::CHECK_STATE_OK, check.remedy().empty())
        << check.ShortDebugString();
  }
}

}  // namespace
}  // namespace copycost
