#include "agent/send_modes/iovec_cursor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace copycost {
namespace {

std::vector<iovec> IovecsOf(std::vector<std::string>& fields) {
  std::vector<iovec> iovecs;
  for (std::string& field : fields) iovecs.push_back({field.data(), field.size()});
  return iovecs;
}

std::string Concatenated(const std::vector<std::string>& fields) {
  std::string all;
  for (const std::string& field : fields) all += field;
  return all;
}

std::string Left(IovecCursor& cursor) {
  const msghdr header = cursor.Header();
  std::string left;
  for (size_t i = 0; i < header.msg_iovlen; ++i) {
    left.append(static_cast<const char*>(header.msg_iov[i].iov_base), header.msg_iov[i].iov_len);
  }
  return left;
}

TEST(IovecCursorTest, WhateverIsSentTheRestIsLeft) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> fields(1 + random() % 8, std::string(1 + random() % 9, '\0'));
    for (std::string& field : fields) {
      for (char& byte : field) byte = static_cast<char>(random());
    }
    std::string expected = Concatenated(fields);
    IovecCursor cursor;
    cursor.Assign(IovecsOf(fields));
    while (!expected.empty()) {
      ASSERT_FALSE(cursor.done());
      ASSERT_EQ(Left(cursor), expected);
      const size_t sent = random() % (expected.size() + 1);
      cursor.Advance(sent);
      expected.erase(0, sent);
    }
    EXPECT_TRUE(cursor.done());
  }
}

TEST(IovecCursorTest, AMessageSentInOneCallIsDone) {
  std::vector<std::string> fields = {"ab", "cd"};
  IovecCursor cursor;
  cursor.Assign(IovecsOf(fields));
  cursor.Advance(4);
  EXPECT_TRUE(cursor.done());
  EXPECT_EQ(cursor.Header().msg_iovlen, 0u);
}

TEST(IovecCursorTest, TheNextMessageStartsAtItsBeginning) {
  std::vector<std::string> fields = {"abc", "def"};
  IovecCursor cursor;
  cursor.Assign(IovecsOf(fields));
  cursor.Advance(4);
  cursor.Assign(IovecsOf(fields));
  EXPECT_EQ(Left(cursor), "abcdef");
}

TEST(IovecCursorTest, HasNothingLeftBeforeTheFirstMessage) {
  IovecCursor cursor;
  EXPECT_TRUE(cursor.done());
}

}  // namespace
}  // namespace copycost
