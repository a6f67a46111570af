#include "agent/content/content.h"

#include <cstring>
#include <vector>

#include "common/words.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr uint64_t kSeed = 42;
constexpr size_t kFieldBytes = 50;  // no multiple of a word
constexpr size_t kMessageBytes = 2 * kFieldBytes;

// One message of two fields.
struct Message {
  std::vector<std::byte> a = std::vector<std::byte>(kFieldBytes);
  std::vector<std::byte> b = std::vector<std::byte>(kFieldBytes);

  void FillFrom(Content& content, uint64_t number) {
    const absl::Span<std::byte> fields[] = {absl::MakeSpan(a), absl::MakeSpan(b)};
    content.Fill(number, fields);
  }
  std::vector<std::byte> bytes() const {
    std::vector<std::byte> all = a;
    all.insert(all.end(), b.begin(), b.end());
    return all;
  }
};

std::vector<std::vector<std::byte>> VerifiedMessages(size_t count) {
  const std::unique_ptr<Content> content = *MakeContent(v1::TOUCH_VERIFY, kSeed);
  std::vector<std::vector<std::byte>> messages;
  for (size_t i = 0; i < count; ++i) {
    Message message;
    message.FillFrom(*content, i);
    messages.push_back(message.bytes());
  }
  return messages;
}

// Delivers the messages one after the other, as one stream.
absl::Status Deliver(const std::vector<std::vector<std::byte>>& messages, Sink& sink) {
  uint64_t offset = 0;
  for (const std::vector<std::byte>& message : messages) {
    if (absl::Status status = sink.Take(offset, message); !status.ok()) return status;
    offset += message.size();
  }
  return absl::OkStatus();
}

TEST(ContentTest, EveryTouchAndReadCanBeMadeAndTellsItsName) {
  for (v1::Touch touch : AllValues<v1::Touch>()) {
    const auto content = MakeContent(touch, kSeed);
    ASSERT_OK(content);
    EXPECT_EQ((*content)->touch(), touch);
  }
  for (v1::Read read : AllValues<v1::Read>()) {
    const auto sink = MakeSink(read, kSeed);
    ASSERT_OK(sink);
    EXPECT_EQ((*sink)->read(), read);
  }
}

TEST(ContentTest, RefusesWhatItDoesNotKnowByTheFieldsName) {
  EXPECT_THAT(MakeContent(v1::TOUCH_UNSPECIFIED, kSeed),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.touch")));
  EXPECT_THAT(MakeSink(v1::READ_UNSPECIFIED, kSeed),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("workload.read")));
}

TEST(ContentTest, NoneWritesNothing) {
  const auto content = *MakeContent(v1::TOUCH_NONE, kSeed);
  Message message;
  message.FillFrom(*content, 5);
  EXPECT_THAT(message.bytes(), Each(std::byte{0}));
  EXPECT_EQ(content->touched_bytes(), 0u);
}

TEST(ContentTest, HeaderWritesTheMessagesNumberAndNothingElse) {
  const auto content = *MakeContent(v1::TOUCH_HEADER, kSeed);
  Message message;
  message.FillFrom(*content, 0x1122334455667788);
  uint64_t number;
  std::memcpy(&number, message.a.data(), sizeof(number));
  EXPECT_EQ(number, 0x1122334455667788u);
  EXPECT_THAT(absl::MakeSpan(message.a).subspan(8), Each(std::byte{0}));
  EXPECT_THAT(message.b, Each(std::byte{0}));
  EXPECT_EQ(content->touched_bytes(), 8u);
}

TEST(ContentTest, HeaderStaysWithinAShortField) {
  const auto content = *MakeContent(v1::TOUCH_HEADER, kSeed);
  std::vector<std::byte> field(3);
  const absl::Span<std::byte> fields[] = {absl::MakeSpan(field)};
  content->Fill(0x010203, fields);
  EXPECT_EQ(content->touched_bytes(), 3u);
}

TEST(ContentTest, FieldsWritesEveryByteAnewForEveryMessageAndNeverAZero) {
  const auto content = *MakeContent(v1::TOUCH_FIELDS, kSeed);
  Message message;
  std::vector<std::byte> previous = message.bytes();
  for (uint64_t number = 0; number < 600; ++number) {
    message.FillFrom(*content, number);
    const std::vector<std::byte> bytes = message.bytes();
    for (size_t i = 0; i < bytes.size(); ++i) {
      ASSERT_NE(bytes[i], previous[i]) << "message " << number << ", byte " << i;
      ASSERT_NE(bytes[i], std::byte{0}) << "message " << number << ", byte " << i;
    }
    previous = bytes;
  }
  EXPECT_EQ(content->touched_bytes(), 600 * kMessageBytes);
}

TEST(SinkTest, NoneReadsNothing) {
  const auto sink = *MakeSink(v1::READ_NONE, kSeed);
  ASSERT_OK(Deliver(VerifiedMessages(2), *sink));
  EXPECT_EQ(sink->read_bytes(), 0u);
  EXPECT_EQ(sink->verified_bytes(), 0u);
}

TEST(SinkTest, ChecksumReadsEveryByteAndVerifiesNone) {
  const auto sink = *MakeSink(v1::READ_CHECKSUM, kSeed);
  ASSERT_OK(Deliver(VerifiedMessages(2), *sink));
  EXPECT_EQ(sink->read_bytes(), 2 * kMessageBytes);
  EXPECT_EQ(sink->verified_bytes(), 0u);
}

TEST(SinkTest, VerifyCountsEveryByteItFoundRight) {
  const auto sink = *MakeSink(v1::READ_VERIFY, kSeed);
  ASSERT_OK(Deliver(VerifiedMessages(3), *sink));
  EXPECT_EQ(sink->read_bytes(), 3 * kMessageBytes);
  EXPECT_EQ(sink->verified_bytes(), 3 * kMessageBytes);
}

TEST(SinkTest, VerifyTakesTheStreamInAnyPieces) {
  std::vector<std::byte> stream;
  for (const auto& message : VerifiedMessages(3)) {
    stream.insert(stream.end(), message.begin(), message.end());
  }
  for (size_t piece : {1, 7, 33, 299}) {
    const auto sink = *MakeSink(v1::READ_VERIFY, kSeed);
    for (size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_OK(sink->Take(at, absl::MakeConstSpan(stream).subspan(at, piece))) << piece;
    }
    EXPECT_EQ(sink->verified_bytes(), stream.size());
  }
}

TEST(SinkTest, VerifyNamesTheOffsetOfAFlippedByte) {
  auto messages = VerifiedMessages(3);
  messages[1][17] ^= std::byte{4};
  const auto sink = *MakeSink(v1::READ_VERIFY, kSeed);
  EXPECT_THAT(Deliver(messages, *sink),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("byte 117 of the stream")));
  EXPECT_EQ(sink->verified_bytes(), kMessageBytes);
}

TEST(SinkTest, VerifySeesAMessageThatWasRepeated) {
  auto messages = VerifiedMessages(3);
  messages[1] = messages[0];
  EXPECT_THAT(Deliver(messages, **MakeSink(v1::READ_VERIFY, kSeed)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("byte 100 ")));
}

TEST(SinkTest, VerifySeesAMessageThatWasDropped) {
  auto messages = VerifiedMessages(3);
  messages.erase(messages.begin() + 1);
  EXPECT_THAT(Deliver(messages, **MakeSink(v1::READ_VERIFY, kSeed)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("byte 100 ")));
}

TEST(SinkTest, VerifySeesMessagesThatWereSwapped) {
  auto messages = VerifiedMessages(3);
  std::swap(messages[1], messages[2]);
  EXPECT_THAT(Deliver(messages, **MakeSink(v1::READ_VERIFY, kSeed)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("byte 100 ")));
}

TEST(SinkTest, VerifySeesTheBytesOfAnotherFlow) {
  EXPECT_THAT(Deliver(VerifiedMessages(1), **MakeSink(v1::READ_VERIFY, kSeed + 1)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("byte 0 ")));
}

TEST(SinkTest, VerifySeesAModeThatSkipsPartOfTheStream) {
  const auto messages = VerifiedMessages(2);
  const auto sink = *MakeSink(v1::READ_VERIFY, kSeed);
  EXPECT_THAT(sink->Take(kMessageBytes, messages[1]),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("offset 100 where 0 was due")));
}

}  // namespace
}  // namespace copycost
