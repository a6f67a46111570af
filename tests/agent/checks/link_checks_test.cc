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
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LinkChecksTest : public ::testing::Test {
 protected:
  v1::Check Check(const std::string& name) {
    return Named(name, LinkChecks(kernel_, limits_, {"192.0.2.1"}));
  }

  FakeKernel kernel_;
  Limits limits_{.allow_link_changes = true};
};

TEST_F(LinkChecksTest, WithoutAddressesNothingIsSaid) {
  EXPECT_THAT(LinkChecks(kernel_, limits_, {}), IsEmpty());
}

TEST_F(LinkChecksTest, AnAddressIsToldWithItsInterface) {
  EXPECT_THAT(Check("data address 192.0.2.1"),
              Says(v1::CHECK_STATE_OK, "eth0 (e1000e), MTU 1500, scatter-gather on", ""));
}

TEST_F(LinkChecksTest, AnInterfaceOfTwoAddressesIsChangedOnce) {
  EXPECT_THAT(LinkChecks(kernel_, limits_, {"192.0.2.1", "2001:db8::1"}), SizeIs(3));
}

TEST_F(LinkChecksTest, WithoutScatterGatherZeroCopyIsCopied) {
  kernel_.interface.set_scatter_gather(false);
  EXPECT_THAT(Check("data address 192.0.2.1"),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("copies"), "sudo ethtool -K eth0 sg on"));
}

TEST_F(LinkChecksTest, AnAddressThatIsNotTheHostsIsMissing) {
  kernel_.address = absl::FailedPreconditionError("bind 192.0.2.1: Cannot assign");
  EXPECT_THAT(Check("data address 192.0.2.1"),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("Cannot assign"), HasSubstr("DATA_ADDR")));
  EXPECT_THAT(LinkChecks(kernel_, limits_, {"192.0.2.1"}), SizeIs(1));
}

TEST_F(LinkChecksTest, ChangesTakeTheOwnersPermission) {
  limits_.allow_link_changes = false;
  EXPECT_THAT(Check("link changes"),
              Says(v1::CHECK_STATE_MISSING, HasSubstr("owner"), HasSubstr("--allow-link-changes")));
}

TEST_F(LinkChecksTest, ChangesTakeAPrivilege) {
  EXPECT_THAT(Check("link changes"), Says(v1::CHECK_STATE_OK, _, ""));
  kernel_.same_mtu =
      absl::PermissionDeniedError("set the MTU of eth0: not permitted; CAP_NET_ADMIN");
  EXPECT_THAT(Check("link changes"), Says(v1::CHECK_STATE_MISSING, HasSubstr("not permitted"),
                                          HasSubstr("CAP_NET_ADMIN")));
}

}  // namespace
}  // namespace copycost
