#include "agent/checks/checks.h"
#include "tests/testing/check_matchers.h"
#include "tests/testing/fake_kernel.h"

namespace copycost {
namespace {

using ::copycost::testing::FakeKernel;
using ::copycost::testing::Named;
using ::copycost::testing::Says;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kAvailable[] = "/proc/sys/net/ipv4/tcp_available_congestion_control";

class NetworkChecksTest : public ::testing::Test {
 protected:
  FakeKernel kernel_;
};

TEST_F(NetworkChecksTest, EveryControlThatTheKernelListsIsTried) {
  kernel_.files[kAvailable] = "reno bbr vegas";
  CongestionChecks(kernel_);
  EXPECT_THAT(kernel_.congestion_tried, ElementsAre("reno", "bbr", "vegas"));
}

TEST_F(NetworkChecksTest, AControlThatWouldHaveToBeLoadedIsNotTried) {
  kernel_.files[kAvailable] = "reno cubic";
  EXPECT_THAT(Named("congestion control bbr", CongestionChecks(kernel_)),
              Says(v1::CHECK_STATE_MISSING, _, "sudo modprobe tcp_bbr"));
  EXPECT_THAT(kernel_.congestion_tried, ElementsAre("cubic", "reno"));
}

TEST_F(NetworkChecksTest, AForbiddenControlIsAddedToThoseAllowed) {
  kernel_.congestion = absl::PermissionDeniedError("setsockopt: not permitted");
  EXPECT_THAT(Named("congestion control bbr", CongestionChecks(kernel_)),
              Says(v1::CHECK_STATE_MISSING, "setsockopt: not permitted",
                   "sudo sysctl -w 'net.ipv4.tcp_allowed_congestion_control=reno cubic bbr'"));
}

TEST_F(NetworkChecksTest, MetricsThatAreKeptTieTrialsTogether) {
  EXPECT_THAT(Named("TCP metrics", NetworkChecks(kernel_)), Says(v1::CHECK_STATE_OK, _, ""));
  kernel_.files["/proc/sys/net/ipv4/tcp_no_metrics_save"] = "0";
  EXPECT_THAT(Named("TCP metrics", NetworkChecks(kernel_)),
              Says(v1::CHECK_STATE_LIMITED, HasSubstr("depend on each other"),
                   "sudo sysctl -w net.ipv4.tcp_no_metrics_save=1"));
}

TEST_F(NetworkChecksTest, Ipv6IsSwitchedOnWhereItCanBe) {
  kernel_.ipv6 = absl::FailedPreconditionError("bind ::1: Cannot assign requested address");
  EXPECT_THAT(Named("IPv6", NetworkChecks(kernel_)),
              Says(v1::CHECK_STATE_MISSING, _, HasSubstr("ipv6.disable=1")));
  kernel_.files["/proc/sys/net/ipv6/conf/all/disable_ipv6"] = "1";
  EXPECT_THAT(Named("IPv6", NetworkChecks(kernel_)),
              Says(v1::CHECK_STATE_MISSING, _, "sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0"));
}

}  // namespace
}  // namespace copycost
