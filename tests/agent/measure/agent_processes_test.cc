#include "agent/measure/agent_processes.h"

#include <gmock/gmock.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "absl/synchronization/notification.h"

namespace copycost {
namespace {

TEST(AgentProcessesTest, NumbersAreThoseOfTheNamespaceThatIsMeant) {
  const std::string status = "Name:\tx\nPid:\t5\nNSpid:\t500\t40\t3\nThreads:\t1\n";
  EXPECT_EQ(NumberInNamespace(status, 0), 500);
  EXPECT_EQ(NumberInNamespace(status, 1), 40);
  EXPECT_EQ(NumberInNamespace(status, 2), 3);
  EXPECT_EQ(NumberInNamespace(status, 3), 0);
  EXPECT_EQ(NumberInNamespace("Name:\tx\n", 0), 0);
  EXPECT_EQ(NumberInNamespace("NSpid:\tx\n", 0), 0);
}

TEST(AgentProcessesTest, FindsItselfAndItsDataThreads) {
  absl::Notification ready, done;
  int32_t number = 0;
  std::thread thread([&] {
    ::pthread_setname_np(::pthread_self(), DataThreadName(v1::ROLE_RECEIVER));
    number = static_cast<int32_t>(::syscall(SYS_gettid));
    ready.Notify();
    done.WaitForNotification();
  });
  ready.WaitForNotification();
  const std::vector<AgentProcess> agents = FindAgentProcesses();
  done.Notify();
  thread.join();
  const auto self = std::find_if(agents.begin(), agents.end(), [](const AgentProcess& agent) {
    return agent.process == ::getpid();
  });
  ASSERT_NE(self, agents.end());
  EXPECT_THAT(self->maps, ::testing::HasSubstr("libc"));
  EXPECT_EQ(self->threads.at(number), v1::RUNNER_RECEIVER);
  EXPECT_EQ(self->threads.at(::getpid()), v1::RUNNER_AGENT);
}

// The kernel cuts longer names off.
TEST(AgentProcessesTest, NamesOfDataThreadsFit) {
  for (const v1::Role role : {v1::ROLE_SENDER, v1::ROLE_RECEIVER}) {
    EXPECT_LE(std::string(DataThreadName(role)).size(), 15u);
  }
}

}  // namespace
}  // namespace copycost
