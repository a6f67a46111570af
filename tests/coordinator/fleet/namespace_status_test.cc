#include "coordinator/fleet/namespace_status.h"

#include <cerrno>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::StatusCode kCode = absl::StatusCode::kFailedPrecondition;

TEST(NamespaceStatusTest, WhereUserNamespacesAreForbiddenItSaysWhatPermitsThem) {
  for (const int error : {EPERM, EACCES, ENOSPC, EUSERS}) {
    EXPECT_THAT(NamespaceStatus(error, "clone", true),
                StatusIs(kCode, AllOf(HasSubstr("clone: "), HasSubstr("user.max_user_namespaces"),
                                      HasSubstr("run as root"))))
        << error;
  }
}

TEST(NamespaceStatusTest, ToARootWithoutUserNamespacesTheyAreNoRemedy) {
  EXPECT_THAT(NamespaceStatus(EPERM, "clone", false),
              StatusIs(kCode, AllOf(HasSubstr("seccomp"), Not(HasSubstr("user namespaces")))));
  EXPECT_THAT(NamespaceStatus(ENOSPC, "unshare", false),
              StatusIs(kCode, AllOf(HasSubstr("user.max_net_namespaces"),
                                    Not(HasSubstr("user.max_user_namespaces")))));
}

TEST(NamespaceStatusTest, OtherFailuresStandForThemselves) {
  EXPECT_THAT(NamespaceStatus(ENOMEM, "clone", true),
              StatusIs(kCode, "clone: Cannot allocate memory"));
}

}  // namespace
}  // namespace copycost
