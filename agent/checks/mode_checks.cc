#include "absl/strings/str_cat.h"
#include "agent/checks/checks.h"
#include "common/check.h"
#include "common/words.h"

namespace copycost {
namespace {

template <typename States>
void AddModes(absl::string_view side, const States& states, std::vector<v1::Check>& checks) {
  for (const auto& entry : states) {
    const std::string name = absl::StrCat(side, " mode ", Label(entry.mode()));
    checks.push_back(entry.state().available()
                         ? OkCheck(name, "works")
                         : FailedCheck(name, v1::CHECK_STATE_MISSING,
                                       absl::FailedPreconditionError(entry.state().reason()), ""));
  }
}

}  // namespace

std::vector<v1::Check> ModeChecks(const v1::Description& description) {
  std::vector<v1::Check> checks;
  AddModes("send", description.send_modes(), checks);
  AddModes("receive", description.receive_modes(), checks);
  for (const v1::TransportState& told : description.transports()) {
    const std::string name = absl::StrCat("transport ", Label(told.transport()));
    checks.push_back(told.state().available()
                         ? OkCheck(name, "works")
                         : FailedCheck(name, v1::CHECK_STATE_MISSING,
                                       absl::FailedPreconditionError(told.state().reason()), ""));
  }
  return checks;
}

}  // namespace copycost
