#include "coordinator/fleet/agent_client.h"

#include "absl/strings/cord.h"

namespace copycost {
namespace {
constexpr char kLostAgent[] = "copycost/lost-agent";
}  // namespace

absl::Status LostAgentError(absl::string_view why) {
  absl::Status status = absl::UnavailableError(why);
  status.SetPayload(kLostAgent, absl::Cord());
  return status;
}

bool IsLostAgent(const absl::Status& status) { return status.GetPayload(kLostAgent).has_value(); }

}  // namespace copycost
