#include "common/capabilities.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

namespace copycost {
namespace {

// Of the calling thread only.
void DropEffective(int capability) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  ASSERT_EQ(::syscall(SYS_capget, &header, sets), 0);
  sets[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
  ASSERT_EQ(::syscall(SYS_capset, &header, sets), 0);
}

TEST(CapabilitiesTest, AThreadHasNotWhatItDropped) {
  if (!HasCapability(CAP_CHOWN) || !HasCapability(CAP_NET_ADMIN)) {
    GTEST_SKIP() << "needs capabilities to drop";
  }
  std::thread([] {
    DropEffective(CAP_NET_ADMIN);
    EXPECT_FALSE(HasCapability(CAP_NET_ADMIN));
    EXPECT_TRUE(HasCapability(CAP_CHOWN));
  }).join();
  EXPECT_TRUE(HasCapability(CAP_NET_ADMIN));
}

TEST(CapabilitiesTest, NobodyHasACapabilityThatDoesNotExist) { EXPECT_FALSE(HasCapability(63)); }

}  // namespace
}  // namespace copycost
