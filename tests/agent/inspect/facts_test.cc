#include "agent/inspect/facts.h"

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FactsTest, AreOneLineOfText) {
  Facts facts;
  AddFact(facts, "net.ipv4.tcp_rmem", " 4096\t131072\n6291456\n");
  AddFact(facts, "odd", "\xff\xfe");
  AddFact(facts, "long", std::string(5000, 'x'));
  ASSERT_EQ(facts.size(), 3);
  EXPECT_EQ(facts[0].value(), "4096 131072 6291456");
  EXPECT_FALSE(facts[1].value().empty());
  EXPECT_LT(facts[2].value().size(), 1100u);
}

TEST(FactsTest, NothingIsNoFact) {
  Facts facts;
  AddFact(facts, "empty", "");
  AddFact(facts, "blank", " \n");
  EXPECT_EQ(facts.size(), 0);
}

TEST(FactsTest, WhatCannotBeReadIsEmpty) {
  EXPECT_EQ(TextOf("/proc/no-such-file"), "");
  EXPECT_EQ(TextOf("/proc"), "");
  EXPECT_THAT(NamesIn("/proc/no-such-directory"), IsEmpty());
}

TEST(FactsTest, WhatSeveralTellAlikeIsToldOnce) {
  EXPECT_EQ(Together({"performance\n", "performance\n"}), "performance");
  EXPECT_EQ(Together({"powersave", "performance", "powersave", ""}),
            "performance (1), powersave (2)");
  EXPECT_EQ(Together({"", ""}), "");
}

}  // namespace
}  // namespace copycost
