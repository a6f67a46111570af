#include "agent/hold.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {
constexpr size_t kLongestHolder = 256;
constexpr size_t kTokenBytes = 16;
}  // namespace

absl::StatusOr<uint64_t> Hold::Take(absl::string_view holder, absl::string_view token) {
  if (holder.empty() || holder.size() > kLongestHolder) {
    return absl::InvalidArgumentError(
        absl::StrCat("holder: must have 1 to ", kLongestHolder, " characters"));
  }
  if (token.size() != kTokenBytes) {
    return absl::InvalidArgumentError(absl::StrCat("token: must have ", kTokenBytes, " bytes"));
  }
  MutexLock lock(mutex_);
  if (holder_.has_value() && holder_->token != token) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "this agent is held by ", holder_->name, " since ",
        absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", holder_->since, absl::UTCTimeZone())));
  }
  // From calendar time, so that an agent that was restarted gives epochs it never gave before.
  epoch_ = std::max(epoch_ + 1, static_cast<uint64_t>(absl::ToUnixMicros(clock_.WallNow())));
  holder_ =
      Holder{.name = std::string(holder), .token = std::string(token), .since = clock_.WallNow()};
  return epoch_;
}

void Hold::Release(uint64_t epoch) {
  MutexLock lock(mutex_);
  if (epoch == epoch_) holder_.reset();
}

absl::Status Hold::Check(uint64_t epoch) const {
  MutexLock lock(mutex_);
  if (holder_.has_value() && epoch == epoch_) return absl::OkStatus();
  return absl::AbortedError(
      holder_.has_value()
          ? absl::StrCat("epoch ", epoch, " is over; this agent is held by ", holder_->name)
          : absl::StrCat("epoch ", epoch, " is over, or never was; nobody holds this agent"));
}

}  // namespace copycost
