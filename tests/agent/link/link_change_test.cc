// In a network namespace of the test's own, with its loopback interface.
#include "agent/link/link_change.h"

#include <gmock/gmock.h>
#include <linux/ethtool.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>

#include "agent/link/interface_request.h"
#include "agent/link/link_guard.h"
#include "agent/link/link_setting.h"
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
    const uid_t user = ::getuid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(kNoNamespaces);
    // Its root, so that programs it runs are, too.
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
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

v1::Workload WithMtu(uint32_t mtu) {
  v1::Workload workload;
  workload.set_mtu(mtu);
  return workload;
}

constexpr LinkSetting kOffloads[] = {LinkSetting::kTsoV4, LinkSetting::kTsoV6, LinkSetting::kGro};

v1::Workload WithOffloads(v1::Offload tso, v1::Offload gro,
                          v1::IpVersion version = v1::IP_VERSION_4) {
  v1::Workload workload;
  workload.set_ip_version(version);
  workload.set_tso(tso);
  workload.set_gro(gro);
  return workload;
}

TEST(LinkChangeTest, AnMtuIsSetForAsLongAsTheChangeLives) {
  EXPECT_ALL_WELL([] {
    EXPECT_OK(SetLink("lo", LinkSetting::kMtu, 3000));
    {
      auto change = LinkChange::Apply("127.0.0.1", WithMtu(2000), {.permitted = true});
      ASSERT_OK(change);
      EXPECT_TRUE(change->Carries());
      EXPECT_EQ(*ReadLink("lo", LinkSetting::kMtu), 2000u);
      std::optional<LinkChange> elsewhere = *std::move(change);
      EXPECT_EQ(*ReadLink("lo", LinkSetting::kMtu), 2000u);
    }
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kMtu), 3000u);
  });
}

TEST(LinkChangeTest, OffloadsAreSetToldAndRestoredEachForItself) {
  EXPECT_ALL_WELL([] {
    ASSERT_OK(SetLink("lo", LinkSetting::kTsoV4, 1));
    ASSERT_OK(SetLink("lo", LinkSetting::kTsoV6, 0));
    ASSERT_OK(SetLink("lo", LinkSetting::kGro, 0));
    {
      const auto change = LinkChange::Apply(
          "127.0.0.1", WithOffloads(v1::OFFLOAD_OFF, v1::OFFLOAD_ON), {.permitted = true});
      ASSERT_OK(change);
      EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV4), 0u);
      EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV6), 0u);
      EXPECT_EQ(*ReadLink("lo", LinkSetting::kGro), 1u);
      v1::Workload applied;
      ASSERT_OK(change->Echo(applied));
      EXPECT_EQ(applied.tso(), v1::OFFLOAD_OFF);
      EXPECT_EQ(applied.gro(), v1::OFFLOAD_ON);
      EXPECT_EQ(applied.mtu(), 0u);
    }
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV4), 1u);
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV6), 0u);
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kGro), 0u);
  });
}

// One that is on for the other version is not what was asked for.
TEST(LinkChangeTest, SegmentationIsThatOfTheTrialsIpVersion) {
  EXPECT_ALL_WELL([] {
    ASSERT_OK(SetLink("lo", LinkSetting::kTsoV4, 0));
    ASSERT_OK(SetLink("lo", LinkSetting::kTsoV6, 1));
    const auto change = LinkChange::Apply(
        "127.0.0.1", WithOffloads(v1::OFFLOAD_ON, v1::OFFLOAD_FOUND), {.permitted = true});
    ASSERT_OK(change);
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV4), 1u);
    const auto other = LinkChange::Apply(
        "127.0.0.1", WithOffloads(v1::OFFLOAD_OFF, v1::OFFLOAD_FOUND, v1::IP_VERSION_6),
        {.permitted = true});
    ASSERT_OK(other);
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV4), 1u);
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV6), 0u);
  });
}

// Somebody else's hand: the echo says what is, not what was asked.
TEST(LinkChangeTest, TellsWhatTheInterfaceIsSetTo) {
  EXPECT_ALL_WELL([] {
    ASSERT_OK(SetLink("lo", LinkSetting::kGro, 1));
    const auto change = LinkChange::Apply(
        "127.0.0.1", WithOffloads(v1::OFFLOAD_FOUND, v1::OFFLOAD_OFF), {.permitted = true});
    ASSERT_OK(change);
    ASSERT_OK(SetLink("lo", LinkSetting::kGro, 1));
    v1::Workload applied;
    ASSERT_OK(change->Echo(applied));
    EXPECT_EQ(applied.gro(), v1::OFFLOAD_ON);
  });
}

// Without scatter-gather there is no TSO: the kernel drops it again, after the MTU was set.
TEST(LinkChangeTest, WhatTheDeviceDoesNotTakeLeavesNothingChanged) {
  EXPECT_ALL_WELL([] {
    if (std::system("ip link add tested type veth peer name other && "
                    "ip address add 192.0.2.1/24 dev tested && ip link set tested up") != 0) {
      std::cerr << "no veth pair can be made\n";
      return;
    }
    ethtool_value scatter_gather{};
    scatter_gather.cmd = ETHTOOL_SSG;
    ASSERT_TRUE(AskEthtool("tested", &scatter_gather));
    const uint32_t mtu = *ReadLink("tested", LinkSetting::kMtu);
    v1::Workload workload = WithOffloads(v1::OFFLOAD_ON, v1::OFFLOAD_FOUND);
    workload.set_mtu(3000);
    EXPECT_THAT(LinkChange::Apply("192.0.2.1", workload, {.permitted = true}),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr("TSO of tested"), HasSubstr("leaves it off"))));
    EXPECT_EQ(*ReadLink("tested", LinkSetting::kMtu), mtu);
    EXPECT_EQ(*ReadLink("tested", LinkSetting::kTsoV4), 0u);
  });
}

TEST(LinkSettingTest, AnInterfaceThatIsNotThereIsNamed) {
  for (const LinkSetting setting : kOffloads) {
    EXPECT_THAT(ReadLink("nosuch0", setting),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("nosuch0")));
    EXPECT_FALSE(SetLink("nosuch0", setting, 1).ok());
  }
}

TEST(LinkChangeTest, WithoutPermissionNothingIsChanged) {
  const uint32_t found = *ReadLink("lo", LinkSetting::kMtu);
  EXPECT_THAT(LinkChange::Apply("127.0.0.1", WithMtu(2000), {}),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       AllOf(HasSubstr("MTU of lo"), HasSubstr("--allow-link-changes"))));
  EXPECT_EQ(*ReadLink("lo", LinkSetting::kMtu), found);
  EXPECT_OK(LinkChange::Apply("127.0.0.1", WithMtu(0), {}));
  EXPECT_OK(LinkChange::Apply("127.0.0.1", WithMtu(found), {}));
}

TEST(LinkChangeTest, AnOffloadThatIsNotPermittedIsNamedInWords) {
  const bool on = *ReadLink("lo", LinkSetting::kGro) != 0;
  const v1::Workload other = WithOffloads(v1::OFFLOAD_FOUND, on ? v1::OFFLOAD_OFF : v1::OFFLOAD_ON);
  EXPECT_THAT(LinkChange::Apply("127.0.0.1", other, {}),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       HasSubstr(on ? "GRO of lo is on and off" : "GRO of lo is off and on")));
}

TEST(LinkChangeTest, AnAddressOfNobodyIsSaid) {
  EXPECT_THAT(LinkChange::Apply("192.0.2.77", WithMtu(2000), {.permitted = true}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("192.0.2.77")));
}

TEST(LinkGuardTest, RestoresWhatAKilledProcessHadChanged) {
  EXPECT_ALL_WELL([] {
    ASSERT_OK(SetLink("lo", LinkSetting::kMtu, 3000));
    ASSERT_OK(SetLink("lo", LinkSetting::kTsoV4, 1));
    int alive[2];
    ASSERT_EQ(::pipe(alive), 0);  // its end of file: the guard has ended, too
    const pid_t agent = ::fork();
    if (agent == 0) {
      auto guard = LinkGuard::Start();
      if (!guard.ok() || !(*guard)->RestoreAtEnd({"lo", LinkSetting::kMtu, 3000}).ok()) ::_exit(1);
      if (!(*guard)->RestoreAtEnd({"lo", LinkSetting::kTsoV4, 1}).ok()) ::_exit(1);
      if (!SetLink("lo", LinkSetting::kMtu, 2000).ok()) ::_exit(1);
      if (!SetLink("lo", LinkSetting::kTsoV4, 0).ok()) ::_exit(1);
      ::kill(::getpid(), SIGKILL);
    }
    ::close(alive[1]);
    ::waitpid(agent, nullptr, 0);
    char byte;
    EXPECT_EQ(::read(alive[0], &byte, 1), 0);
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kMtu), 3000u);
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kTsoV4), 1u);
  });
}

TEST(LinkGuardTest, WhatIsForgottenIsLeftAlone) {
  EXPECT_ALL_WELL([] {
    ASSERT_OK(SetLink("lo", LinkSetting::kMtu, 3000));
    {
      auto guard = LinkGuard::Start();
      ASSERT_OK(guard);
      ASSERT_OK((*guard)->RestoreAtEnd({"lo", LinkSetting::kMtu, 2000}));
      ASSERT_OK((*guard)->Forget("lo", LinkSetting::kMtu));
    }
    EXPECT_EQ(*ReadLink("lo", LinkSetting::kMtu), 3000u);
  });
}

}  // namespace
}  // namespace copycost
