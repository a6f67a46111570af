#include "common/check.h"

#include <string>

#include "common/utf8.h"

namespace copycost {
namespace {

constexpr absl::string_view kRemedyFollows = "; ";

v1::Check MakeCheck(absl::string_view name, v1::CheckState state, absl::string_view found,
                    absl::string_view remedy) {
  v1::Check check;
  check.set_name(std::string(name));
  check.set_state(state);
  check.set_found(ToUtf8(found));
  check.set_remedy(ToUtf8(remedy));
  return check;
}

}  // namespace

v1::Check OkCheck(absl::string_view name, absl::string_view found) {
  return MakeCheck(name, v1::CHECK_STATE_OK, found, "");
}

v1::Check LimitedCheck(absl::string_view name, absl::string_view found, absl::string_view remedy) {
  return MakeCheck(name, v1::CHECK_STATE_LIMITED, found, remedy);
}

v1::Check MissingCheck(absl::string_view name, absl::string_view found, absl::string_view remedy) {
  return MakeCheck(name, v1::CHECK_STATE_MISSING, found, remedy);
}

v1::Check FailedCheck(absl::string_view name, v1::CheckState state, const absl::Status& failed,
                      absl::string_view otherwise) {
  const absl::string_view message = failed.message();
  const size_t end = message.find(kRemedyFollows);
  if (end == message.npos) return MakeCheck(name, state, message, otherwise);
  return MakeCheck(name, state, message.substr(0, end),
                   message.substr(end + kRemedyFollows.size()));
}

}  // namespace copycost
