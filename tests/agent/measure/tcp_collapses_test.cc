#include "agent/measure/tcp_collapses.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

std::string Netstat(absl::string_view names, absl::string_view values) {
  return absl::StrCat("TcpExt: ", names, "\nTcpExt: ", values,
                      "\nIpExt: InNoRoutes TCPRcvCollapsed\nIpExt: 0 99\n");
}

TEST(TcpCollapsesTest, IsTheValueBelowItsName) {
  const auto collapses =
      ParseTcpCollapses(Netstat("SyncookiesSent TCPRcvCollapsed TCPBacklogCoalesce", "1 23 456"));
  ASSERT_OK(collapses);
  EXPECT_EQ(*collapses, 23u);
}

TEST(TcpCollapsesTest, RefusesWhatItCannotRead) {
  const struct {
    std::string text;
    const char* why;
  } cases[] = {{"", "no names"},
               {"TcpExt: TCPRcvCollapsed\n", "no names"},
               {Netstat("SyncookiesSent TCPRcvCollapsed", "1"), "no names"},
               {Netstat("SyncookiesSent TCPBacklogCoalesce", "1 2"), "no TCPRcvCollapsed"},
               {Netstat("SyncookiesSent TCPRcvCollapsed", "1 x"), "no number"}};
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(ParseTcpCollapses(text), StatusIs(absl::StatusCode::kInternal, HasSubstr(why)))
        << text;
  }
}

TEST(TcpCollapsesTest, ThisKernelTells) { EXPECT_OK(ReadTcpCollapses().status()); }

}  // namespace
}  // namespace copycost
