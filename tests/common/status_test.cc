#include "common/status.h"

#include <cerrno>
#include <string>

#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::IsOk;
using ::copycost::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return absl::InvalidArgumentError("odd");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  ASSIGN_OR_RETURN(const int half, Half(number));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

absl::Status Check(int number, bool& reached) {
  RETURN_IF_ERROR(Half(number).status());
  reached = true;
  return absl::OkStatus();
}

TEST(StatusTest, AnOsErrorTellsTheCallAndTheReason) {
  errno = EADDRINUSE;
  EXPECT_THAT(
      ErrnoStatus("bind 127.0.0.1:80"),
      StatusIs(absl::StatusCode::kUnavailable, "bind 127.0.0.1:80: Address already in use"));
}

// Whether a trial is worth another attempt depends on it.
TEST(StatusTest, LostConnectionsAreUnavailable) {
  for (int error : {ECONNREFUSED, ECONNRESET, ECONNABORTED, EPIPE, ETIMEDOUT, ENETUNREACH,
                    EHOSTUNREACH, ENETDOWN}) {
    EXPECT_THAT(ErrnoStatus(error, "x"), StatusIs(absl::StatusCode::kUnavailable, _)) << error;
  }
}

TEST(StatusTest, WhatTheKernelLacksIsAFailedPrecondition) {
  for (int error : {EINVAL, EOPNOTSUPP, ENOSYS, ENOPROTOOPT, ENODEV}) {
    EXPECT_THAT(ErrnoStatus(error, "x"), StatusIs(absl::StatusCode::kFailedPrecondition, _))
        << error;
  }
}

TEST(StatusTest, WhatHasRunOutIsToldWithTheLimitToRaise) {
  for (int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS}) {
    EXPECT_THAT(ErrnoStatus(error, "x"), StatusIs(absl::StatusCode::kResourceExhausted, _))
        << error;
  }
  EXPECT_THAT(ErrnoStatus(EMFILE, "accept"),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("ulimit -n")));
}

TEST(StatusTest, OtherErrorsKeepTheirKind) {
  EXPECT_THAT(ErrnoStatus(EPERM, "x"), StatusIs(absl::StatusCode::kPermissionDenied, _));
  EXPECT_THAT(ErrnoStatus(ENOENT, "x"), StatusIs(absl::StatusCode::kNotFound, _));
  EXPECT_THAT(ErrnoStatus(EIO, "x"), StatusIs(absl::StatusCode::kInternal, _));
}

TEST(StatusTest, ContextComesBeforeTheMessage) {
  EXPECT_THAT(Annotate(absl::DataLossError("byte 5"), "flow 1"),
              StatusIs(absl::StatusCode::kDataLoss, "flow 1: byte 5"));
  EXPECT_OK(Annotate(absl::OkStatus(), "flow 1"));
}

TEST(StatusTest, TheMacrosReturnTheFirstError) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_THAT(Quarter(6), StatusIs(absl::StatusCode::kInvalidArgument, "odd"));
  bool reached = false;
  EXPECT_THAT(Check(1, reached), Not(IsOk()));
  EXPECT_FALSE(reached);
  EXPECT_OK(Check(2, reached));
  EXPECT_TRUE(reached);
}

}  // namespace
}  // namespace copycost
