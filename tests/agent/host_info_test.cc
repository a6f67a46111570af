#include "agent/host_info.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>

#include <vector>

#include "common/build_info.h"
#include "common/capabilities.h"
#include "common/protocol.h"
#include "common/words.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::ElementsAreArray;
using ::testing::Optional;
using ::testing::UnorderedElementsAreArray;

int works_tries = 0;
int lacks_tries = 0;
bool enabled = false;

absl::Status Works() {
  ++works_tries;
  return absl::OkStatus();
}

absl::Status Lacks() {
  ++lacks_tries;
  return enabled ? absl::OkStatus() : absl::FailedPreconditionError("raise the limit");
}

TEST(HostInfoTest, TriesAModeAgainOnlyUntilItWorks) {
  works_tries = 0;
  lacks_tries = 0;
  enabled = false;
  const SendModeRow send[] = {{v1::SEND_MODE_TWO_COPY, nullptr, Works},
                              {v1::SEND_MODE_ZERO_COPY, nullptr, Lacks}};
  const ReceiveModeRow receive[] = {{v1::RECEIVE_MODE_RECV, nullptr, Works}};
  HostInfo host(send, receive, {});
  EXPECT_EQ(works_tries, 2);
  EXPECT_EQ(host.Describe().send_modes(1).state().reason(), "raise the limit");
  enabled = true;
  for (int i = 0; i < 3; ++i) {
    const v1::Description description = host.Describe();
    EXPECT_TRUE(description.send_modes(1).state().available());
    EXPECT_EQ(description.send_modes(1).state().reason(), "");
  }
  EXPECT_EQ(works_tries, 2);
  EXPECT_EQ(lacks_tries, 3);  // at the start, and until it worked
}

int short_of_memory_tries = 0;
absl::Status ShortOfMemoryAtFirst() {
  return ++short_of_memory_tries < 3 ? absl::ResourceExhaustedError("locked memory")
                                     : absl::OkStatus();
}

TEST(HostInfoTest, AModeThatLacksMemoryForAMomentIsTriedAgain) {
  const SendModeRow send[] = {{v1::SEND_MODE_ZERO_COPY, nullptr, ShortOfMemoryAtFirst}};
  HostInfo host(send, {}, {});
  EXPECT_EQ(short_of_memory_tries, 3);
  EXPECT_TRUE(host.Describe().send_modes(0).state().available());
}

TEST(HostInfoTest, TellsTheLockedMemoryOfNow) {
  HostInfo host;
  if (!host.Describe().has_locked_memory_bytes()) GTEST_SKIP() << "nothing limits locked memory";
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &before), 0);
  const rlimit lower{.rlim_cur = 65536, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &lower), 0);
  const v1::Description description = host.Describe();
  ::setrlimit(RLIMIT_MEMLOCK, &before);
  EXPECT_EQ(description.locked_memory_bytes(), 65536u);
}

TEST(HostInfoTest, SaysOfEveryModeWhetherItWorksAndWhyNot) {
  const v1::Description description = HostInfo().Describe();
  std::vector<v1::SendMode> send;
  for (const v1::SendModeState& entry : description.send_modes()) {
    send.push_back(entry.mode());
    EXPECT_EQ(entry.state().available(), entry.state().reason().empty()) << Label(entry.mode());
  }
  EXPECT_THAT(send, UnorderedElementsAreArray(AllValues<v1::SendMode>()));
  std::vector<v1::ReceiveMode> receive;
  for (const v1::ReceiveModeState& entry : description.receive_modes()) {
    receive.push_back(entry.mode());
    EXPECT_EQ(entry.state().available(), entry.state().reason().empty()) << Label(entry.mode());
  }
  EXPECT_THAT(receive, UnorderedElementsAreArray(AllValues<v1::ReceiveMode>()));
}

TEST(HostInfoTest, TellsTheCpusItMayUse) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ASSERT_EQ(::sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  std::vector<uint32_t> cpus;
  for (uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  EXPECT_THAT(HostInfo().Describe().cpus(), ElementsAreArray(cpus));
}

TEST(HostInfoTest, TellsWhoItIs) {
  const v1::Description description = HostInfo().Describe();
  EXPECT_EQ(description.protocol_min(), kProtocol);
  EXPECT_EQ(description.protocol_max(), kProtocol);
  EXPECT_EQ(description.version(), std::string(Version()));
  EXPECT_EQ(description.build_id(), BuildId());
  EXPECT_EQ(description.boot_id().size(), 36u) << description.boot_id();
  EXPECT_FALSE(description.host_name().empty());
  EXPECT_FALSE(description.kernel().empty());
  EXPECT_FALSE(description.machine().empty());
}

TEST(HostInfoTest, TheLockedMemoryLimitIsTheSoftLimitUnlessNothingLimitsUs) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &before), 0);
  const rlimit lower{.rlim_cur = 65536, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &lower), 0);
  const std::optional<uint64_t> limit = LockedMemoryLimit();
  ::setrlimit(RLIMIT_MEMLOCK, &before);
  if (HasCapability(CAP_IPC_LOCK) && InInitialUserNamespace()) {
    EXPECT_EQ(limit, std::nullopt);
  } else {
    EXPECT_THAT(limit, Optional(65536u));
  }
}

TEST(HostInfoTest, TellsOfEveryTransportButTcpWhichModesGoOverIt) {
  const v1::Description description = HostInfo().Describe();
  std::vector<v1::Transport> told = {v1::TRANSPORT_TCP};
  for (const v1::TransportState& transport : description.transports()) {
    told.push_back(transport.transport());
    EXPECT_EQ(transport.state().available(), transport.state().reason().empty());
    for (const v1::SendModeState& entry : transport.send_modes()) {
      EXPECT_EQ(entry.state().available(), entry.state().reason().empty()) << Label(entry.mode());
    }
    EXPECT_TRUE(transport.state().available() || transport.send_modes().empty());
  }
  EXPECT_THAT(told, UnorderedElementsAreArray(AllValues<v1::Transport>()));
}

TEST(HostInfoTest, ListsOfCpusAreRead) {
  EXPECT_THAT(ParseCpuList("0-3,8,10-11"), ::testing::ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(ParseCpuList("0"), ::testing::ElementsAre(0));
  for (const char* text : {"", "x", "3-1", "0-", "-1", "0-99999999", "1,x"}) {
    EXPECT_THAT(ParseCpuList(text), ::testing::IsEmpty()) << text;
  }
  const std::vector<uint32_t> online = OnlineCpus();
  for (const uint32_t cpu : AllowedCpus()) EXPECT_THAT(online, ::testing::Contains(cpu));
}

}  // namespace
}  // namespace copycost
