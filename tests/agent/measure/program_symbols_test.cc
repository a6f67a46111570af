#include "agent/measure/program_symbols.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "absl/base/attributes.h"
#include "tests/testing/status_matchers.h"

namespace copycost {

// Not in an unnamed namespace: the name is looked for.
ABSL_ATTRIBUTE_NOINLINE int FunctionOfThisTest(int number) { return number + 1; }

namespace {

std::string OwnMaps() {
  std::ifstream file("/proc/self/maps");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ProgramSymbolsTest, KnowsThisProgramsFunctions) {
  const auto symbols = ProgramSymbols::Of(OwnMaps());
  ASSERT_OK(symbols);
  const auto address = reinterpret_cast<uint64_t>(&FunctionOfThisTest);
  EXPECT_EQ(symbols->NameOf(address), "copycost::FunctionOfThisTest");
  EXPECT_EQ(symbols->NameOf(address + 1), "copycost::FunctionOfThisTest");
  EXPECT_EQ(symbols->NameOf(16), ProgramSymbols::kNowhere);
}

TEST(ProgramSymbolsTest, KnowsWhatLibrariesExport) {
  const auto symbols = ProgramSymbols::Of(OwnMaps());
  ASSERT_OK(symbols);
  // Of several names of one function any will do.
  EXPECT_THAT(symbols->NameOf(reinterpret_cast<uint64_t>(&std::fclose)),
              ::testing::HasSubstr("fclose"));
}

TEST(ProgramSymbolsTest, TextThatIsNoMapsIsAnError) {
  EXPECT_FALSE(ProgramSymbols::Of("nonsense\n").ok());
}

TEST(FunctionNameTest, IsWhatPeopleCallIt) {
  EXPECT_EQ(FunctionName("main"), "main");
  EXPECT_EQ(FunctionName("_ZN8copycost12_GLOBAL__N_112StageMessageEN4absl12lts_202206234SpanIKNS2_"
                         "IS3_EEEEPS3_"),
            "copycost::StageMessage");
  EXPECT_EQ(FunctionName("_ZNSt6vectorIiSaIiEE9push_backERKi"), "std::vector::push_back");
  EXPECT_EQ(FunctionName("_ZNKSt6vectorIiSaIiEE4sizeEv"), "std::vector::size");
  EXPECT_EQ(FunctionName("_ZSt4moveIRiEONSt16remove_referenceIT_E4typeEOS2_"), "std::move");
}

}  // namespace
}  // namespace copycost
