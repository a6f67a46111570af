// In a network namespace of the test's own, with its loopback interface.
#include "agent/link/link_change.h"

#include <gmock/gmock.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <iostream>
#include <optional>

#include "agent/link/link_guard.h"
#include "agent/link/mtu.h"
#include "common/fd.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kNoNamespaces = 77;

void BringUpLoopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  ASSERT_EQ(::ioctl(socket.get(), SIOCSIFFLAGS, &request), 0);
}

// Runs `body` in a child that has a network namespace to itself. The child's exit code is whether
// all went well; what failed is on stderr.
int InOwnNamespace(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(kNoNamespaces);
    BringUpLoopback();
    body();
    std::cerr.flush();
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define EXPECT_ALL_WELL(body)                                                     \
  do {                                                                            \
    const int code = InOwnNamespace(body);                                        \
    if (code == kNoNamespaces) GTEST_SKIP() << "user namespaces are not allowed"; \
    EXPECT_EQ(code, 0);                                                           \
  } while (false)

TEST(LinkChangeTest, AnMtuIsSetForAsLongAsTheChangeLives) {
  EXPECT_ALL_WELL([] {
    EXPECT_OK(SetMtu("lo", 3000));
    {
      auto change = LinkChange::Apply("127.0.0.1", {.mtu = 2000, .permitted = true});
      ASSERT_OK(change);
      EXPECT_TRUE(change->Carries());
      EXPECT_EQ(*MtuOf("lo"), 2000u);
      std::optional<LinkChange> elsewhere = *std::move(change);
      EXPECT_EQ(*MtuOf("lo"), 2000u);
    }
    EXPECT_EQ(*MtuOf("lo"), 3000u);
  });
}

TEST(LinkChangeTest, WithoutPermissionNothingIsChanged) {
  const uint32_t found = *MtuOf("lo");
  EXPECT_THAT(LinkChange::Apply("127.0.0.1", {.mtu = 2000}),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       AllOf(HasSubstr("MTU of lo"), HasSubstr("--allow-link-changes"))));
  EXPECT_EQ(*MtuOf("lo"), found);
  EXPECT_OK(LinkChange::Apply("127.0.0.1", {.mtu = 0}));
  EXPECT_OK(LinkChange::Apply("127.0.0.1", {.mtu = found}));
}

TEST(LinkChangeTest, AnAddressOfNobodyIsSaid) {
  EXPECT_THAT(LinkChange::Apply("192.0.2.77", {.mtu = 2000, .permitted = true}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("192.0.2.77")));
}

TEST(LinkGuardTest, RestoresWhatAKilledProcessHadChanged) {
  EXPECT_ALL_WELL([] {
    ASSERT_OK(SetMtu("lo", 3000));
    int alive[2];
    ASSERT_EQ(::pipe(alive), 0);  // its end of file: the guard has ended, too
    const pid_t agent = ::fork();
    if (agent == 0) {
      auto guard = LinkGuard::Start();
      if (!guard.ok() || !(*guard)->RestoreAtEnd({"lo", 3000}).ok()) ::_exit(1);
      if (!SetMtu("lo", 2000).ok()) ::_exit(1);
      ::kill(::getpid(), SIGKILL);
    }
    ::close(alive[1]);
    ::waitpid(agent, nullptr, 0);
    char byte;
    EXPECT_EQ(::read(alive[0], &byte, 1), 0);
    EXPECT_EQ(*MtuOf("lo"), 3000u);
  });
}

TEST(LinkGuardTest, WhatIsForgottenIsLeftAlone) {
  EXPECT_ALL_WELL([] {
    ASSERT_OK(SetMtu("lo", 3000));
    {
      auto guard = LinkGuard::Start();
      ASSERT_OK(guard);
      ASSERT_OK((*guard)->RestoreAtEnd({"lo", 2000}));
      ASSERT_OK((*guard)->Forget("lo"));
    }
    EXPECT_EQ(*MtuOf("lo"), 3000u);
  });
}

}  // namespace
}  // namespace copycost
