#include "agent/patterns/credit.h"

#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "agent/transport/unix_socket.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::HasSubstr;

class CreditTest : public ::testing::Test {
 protected:
  SocketPair pair_ = *ConnectUnixPair();
  Credit sender_{pair_.client.get()};
  Credit receiver_{pair_.server.get()};
};

TEST_F(CreditTest, AFewMessagesNeedNone) {
  for (uint64_t sent = 0; sent < 4; ++sent) EXPECT_OK(sender_.Await(sent, 1));
  EXPECT_OK(sender_.Await(0, 65507));  // one of any size
}

TEST_F(CreditTest, MoreWaitUntilTheReceiverHasTakenSome) {
  std::atomic<bool> enough = false;
  std::thread taker([&] {
    EXPECT_OK(receiver_.Grant(1000));
    EXPECT_OK(receiver_.Grant(2000));
    enough = true;
    EXPECT_OK(receiver_.Grant(7000));
  });
  EXPECT_OK(sender_.Await(10'000, 1000));
  EXPECT_TRUE(enough);
  taker.join();
}

TEST_F(CreditTest, AWordThatComesInPiecesIsOneWord) {
  const char word[8] = {0, 1};  // 256
  ASSERT_EQ(::send(pair_.server.get(), word, 1, 0), 1);
  ASSERT_EQ(::send(pair_.server.get(), word + 1, 7, 0), 7);
  EXPECT_OK(sender_.Await(256, 4096));
  EXPECT_OK(sender_.Await(256 + 3 * 4096, 4096));
}

TEST_F(CreditTest, NothingTakenForASecondIsLoss) {
  EXPECT_THAT(sender_.Await(1 << 20, 1),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("taken nothing for 1 s")));
}

TEST_F(CreditTest, MoreThanWasSentCannotHaveBeenTaken) {
  EXPECT_OK(receiver_.Grant(~uint64_t{0}));
  EXPECT_THAT(sender_.Await(10'000, 1000),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("10000 were sent")));
}

TEST_F(CreditTest, WhoDoesNotWaitIsToldWhetherThereIsAny) {
  EXPECT_TRUE(*sender_.Has(0, 1000));
  EXPECT_FALSE(*sender_.Has(10'000, 1000));
  EXPECT_OK(receiver_.Grant(1000));
  EXPECT_OK(receiver_.Grant(7000));
  EXPECT_TRUE(*sender_.Has(10'000, 1000));
  EXPECT_FALSE(*sender_.Has(11'000, 1000));
}

TEST_F(CreditTest, WhoDoesNotWaitIsToldOfASecondOfSilence) {
  absl::StatusOr<bool> has = false;
  while (has.ok() && !*has) has = sender_.Has(1 << 20, 1);
  EXPECT_THAT(has, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("taken nothing for 1 s")));
}

TEST_F(CreditTest, AReceiverThatIsGoneIsNoLoss) {
  pair_.server.Reset();
  EXPECT_THAT(sender_.Await(1 << 20, 1), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("")));
}

}  // namespace
}  // namespace copycost
