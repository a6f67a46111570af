#include "agent/link/data_interface.h"

#include <sys/socket.h>

#include "agent/transport/tcp.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::_;

v1::DataInterface Interface(const char* driver, bool scatter_gather) {
  v1::DataInterface interface;
  interface.set_driver(driver);
  interface.set_scatter_gather(scatter_gather);
  return interface;
}

TEST(DataInterfaceTest, ALoopbackFlowGoesOverLo) {
  const SocketPair pair = *ConnectLoopbackPair();
  for (int socket : {pair.client.get(), pair.server.get()}) {
    const auto interface = FindDataInterface(socket);
    ASSERT_OK(interface);
    EXPECT_EQ(interface->name(), "lo");
    EXPECT_EQ(interface->driver(), "loopback");
    EXPECT_GT(interface->mtu(), 0u);
  }
}

TEST(DataInterfaceTest, ASocketWithoutAnAddressHasNoInterface) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_THAT(FindDataInterface(socket.get()), StatusIs(absl::StatusCode::kNotFound, _));
}

TEST(DataInterfaceTest, WhatIsPinnedForAPeerOnThisKernelIsCopiedOnDelivery) {
  EXPECT_EQ(PathOver(Interface("veth", true), true), DataPath::kLocalDelivery);
  EXPECT_EQ(PathOver(Interface("loopback", true), true), DataPath::kLocalDelivery);
  EXPECT_EQ(PathOver(Interface("veth", false), true), DataPath::kLocalDelivery);
}

// A veth in a bridge, say, behind which the peer is another host.
TEST(DataInterfaceTest, ForAPeerElsewhereTheDeviceDecides) {
  EXPECT_EQ(PathOver(Interface("veth", true), false), DataPath::kScatterGather);
  EXPECT_EQ(PathOver(Interface("veth", false), false), DataPath::kNoScatterGather);
}

TEST(DataInterfaceTest, OverARealDeviceTheDeviceDecidesEvenOnOneHost) {
  EXPECT_EQ(PathOver(Interface("e1000e", true), true), DataPath::kScatterGather);
  EXPECT_EQ(PathOver(Interface("e1000e", false), false), DataPath::kNoScatterGather);
  EXPECT_EQ(PathOver(Interface("", true), false), DataPath::kScatterGather);
}

}  // namespace
}  // namespace copycost
