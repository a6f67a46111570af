#include "agent/measure/kernel_symbols.h"

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

constexpr char kText[] =
    "ffffffff81000000 T _text\n"
    "ffffffff81000010 t do_one_thing\n"
    "ffffffff81000030 D a_variable\n"
    "ffffffff81000040 T tcp_sendmsg\n"
    "ffffffff81000040 t an_alias\n"
    "ffffffffc0000000 t veth_xmit\t[veth]\n";

TEST(KernelSymbolsTest, TheFunctionThatBeganLastIsMeant) {
  const auto symbols = KernelSymbols::Parse(kText);
  ASSERT_OK(symbols);
  EXPECT_EQ(symbols->NameOf(0xffffffff81000010), "do_one_thing");
  EXPECT_EQ(symbols->NameOf(0xffffffff8100003f), "do_one_thing");
  EXPECT_EQ(symbols->NameOf(0xffffffff81000040), "tcp_sendmsg");
  EXPECT_EQ(symbols->NameOf(0xffffffff81000999), "tcp_sendmsg");
  EXPECT_EQ(symbols->NameOf(0xffffffffc0000001), "veth_xmit");
  EXPECT_EQ(symbols->NameOf(0x1000), "[kernel]");
}

TEST(KernelSymbolsTest, KernelsThatHideAddressesSaySo) {
  EXPECT_THAT(
      KernelSymbols::Parse("0000000000000000 T _text\n0000000000000000 T tcp_sendmsg\n").status(),
      StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("kernel.kptr_restrict=0")));
}

TEST(KernelSymbolsTest, OtherTextsAreRefused) {
  for (const char* text : {"nonsense\n", "ffff T\n", "xyz T name\n", "ffff Tname\n"}) {
    EXPECT_THAT(KernelSymbols::Parse(text).status(), StatusIs(absl::StatusCode::kInternal, _))
        << text;
  }
}

TEST(KernelSymbolsTest, ReadsThisKernels) {
  const auto symbols = KernelSymbols::Read();
  if (!symbols.ok()) {
    EXPECT_THAT(symbols.status().message(), HasSubstr(";"));  // with a remedy
    return;
  }
  EXPECT_EQ(symbols->NameOf(0), "[kernel]");
}

}  // namespace
}  // namespace copycost
