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
  const msghdr header = HeaderOf(cursor.rest());
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
    const std::vector<iovec> message = IovecsOf(fields);
    IovecCursor cursor;
    cursor.Assign(message, expected.size());
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
  const std::vector<iovec> message = IovecsOf(fields);
  IovecCursor cursor;
  cursor.Assign(message, 4);
  cursor.Advance(4);
  EXPECT_TRUE(cursor.done());
}

TEST(IovecCursorTest, TheNextMessageStartsAtItsBeginning) {
  std::vector<std::string> fields = {"abc", "def"};
  const std::vector<iovec> message = IovecsOf(fields);
  IovecCursor cursor;
  for (const size_t sent : {4, 2, 3, 5}) {
    cursor.Assign(message, 6);
    EXPECT_EQ(Left(cursor), "abcdef");
    cursor.Advance(sent);
    EXPECT_EQ(Left(cursor), std::string("abcdef").substr(sent));
  }
  EXPECT_EQ(fields, (std::vector<std::string>{"abc", "def"}));
  EXPECT_EQ(message[1].iov_len, 3u);  // it is sent again and again: left as it is
}

TEST(IovecCursorTest, HasNothingLeftBeforeTheFirstMessage) {
  IovecCursor cursor;
  EXPECT_TRUE(cursor.done());
}

}  // namespace
}  // namespace copycost
