#include "agent/inspect/facts.h"

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

TEST(FactsTest, AreOneLineOfText) {
  Facts facts;
  AddFact(facts, "net.ipv4.tcp_rmem", " 4096\t131072\n6291456\n");
  AddFact(facts, "odd", "\xff\xfe");
  AddFact(facts, "long", std::string(50'000, 'x'));
  ASSERT_EQ(facts.size(), 3);
  EXPECT_EQ(facts[0].value(), "4096 131072 6291456");
  EXPECT_FALSE(facts[1].value().empty());
  EXPECT_LT(facts[2].value().size(), 10'000u);
}

TEST(FactsTest, NothingIsNoFact) {
  Facts facts;
  AddFact(facts, "empty", "");
  AddFact(facts, "blank", " \n");
  EXPECT_EQ(facts.size(), 0);
}

TEST(FactsTest, WhatSeveralTellAlikeIsToldOnce) {
  EXPECT_EQ(Together({"performance\n", "performance\n"}), "performance");
  EXPECT_EQ(Together({"powersave", "performance", "powersave", ""}),
            "performance (1), powersave (2)");
  EXPECT_EQ(Together({"", ""}), "");
}

}  // namespace
}  // namespace copycost
