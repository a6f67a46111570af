#include "common/network.h"

#include <gtest/gtest.h>

#include <string>

namespace copycost {
namespace {

IpAddress Address(absl::string_view text) { return IpAddress::Parse(text).value(); }
Network Net(absl::string_view text) { return Network::Parse(text).value(); }

TEST(IpAddressTest, ReadsBothVersionsAndWritesTheirShortestForm) {
  EXPECT_EQ(Address("192.0.2.1").ToString(), "192.0.2.1");
  EXPECT_TRUE(Address("192.0.2.1").is_v4());
  EXPECT_EQ(Address("2001:0db8:0::1").ToString(), "2001:db8::1");
  EXPECT_FALSE(Address("2001:db8::1").is_v4());
}

TEST(IpAddressTest, RefusesWhatIsNoNumericAddress) {
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.256", "fe80::1%eth0", "[::1]", "::g"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(IpAddress::Parse(text).status())) << text;
  }
}

TEST(IpAddressTest, KnowsLoopback) {
  EXPECT_TRUE(Address("127.0.0.1").IsLoopback());
  EXPECT_TRUE(Address("127.255.0.9").IsLoopback());
  EXPECT_TRUE(Address("::1").IsLoopback());
  EXPECT_FALSE(Address("128.0.0.1").IsLoopback());
  EXPECT_FALSE(Address("::2").IsLoopback());
  EXPECT_FALSE(Address("1::1").IsLoopback());
}

TEST(IpAddressTest, RefusesAddressesThatAreNotOneHosts) {
  for (const char* text : {"0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.2.3", "169.254.1.1",
                           "::", "ff02::1", "fe80::1", "febf::1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Address(text).CheckUnicast())) << text;
  }
  for (const char* text : {"10.0.0.1", "223.255.255.255", "240.0.0.1", "169.253.1.1", "127.0.0.1",
                           "::1", "fec0::1", "2001:db8::ff"}) {
    EXPECT_TRUE(Address(text).CheckUnicast().ok()) << text;
  }
}

TEST(NetworkTest, ContainsTheAddressesOfItsPrefixAndNoOthers) {
  EXPECT_TRUE(Net("10.0.0.0/8").Contains(Address("10.255.1.2")));
  EXPECT_FALSE(Net("10.0.0.0/8").Contains(Address("11.0.0.0")));
  EXPECT_TRUE(Net("172.16.0.0/12").Contains(Address("172.31.255.255")));
  EXPECT_FALSE(Net("172.16.0.0/12").Contains(Address("172.32.0.0")));
  EXPECT_TRUE(Net("0.0.0.0/0").Contains(Address("8.8.8.8")));
  EXPECT_FALSE(Net("0.0.0.0/0").Contains(Address("::1")));
  EXPECT_TRUE(Net("fc00::/7").Contains(Address("fd12::1")));
  EXPECT_FALSE(Net("fc00::/7").Contains(Address("fe00::1")));
}

TEST(NetworkTest, AnAddressAloneIsANetworkOfOne) {
  EXPECT_TRUE(Net("192.0.2.7").Contains(Address("192.0.2.7")));
  EXPECT_FALSE(Net("192.0.2.7").Contains(Address("192.0.2.6")));
  EXPECT_EQ(Net("192.0.2.7").ToString(), "192.0.2.7/32");
  EXPECT_EQ(Net("::1").ToString(), "::1/128");
}

TEST(NetworkTest, RefusesWhatIsNoNetworkByItsText) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.1/8", "fd00::/129",
                           "fd00::1/64", "/8", "eth0"}) {
    const absl::Status status = Network::Parse(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  }
  EXPECT_NE(std::string(Network::Parse("10.0.0.1/8").status().message()).find("10.0.0.1/8"),
            std::string::npos);
}

TEST(NetworkTest, KnowsHostsThatAreThisOne) {
  for (const char* host : {"localhost", "127.0.0.1", "127.3.2.1", "::1", "[::1]"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* host :
       {"", "[]", "example", "10.0.0.1", "::2", "[fe80::1]", "localhost.example"}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

}  // namespace
}  // namespace copycost
