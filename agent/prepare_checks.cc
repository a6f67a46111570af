#include "agent/prepare_checks.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/host_info.h"
#include "common/mode_traits.h"
#include "common/network.h"
#include "common/status.h"

namespace copycost {
namespace {

absl::Status CheckCpus(const v1::Prepare& prepare) {
  const std::vector<uint32_t> allowed = AllowedCpus();
  for (const v1::FlowEnd& end : prepare.ends()) {
    if (std::find(allowed.begin(), allowed.end(), end.cpu()) == allowed.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("ends[flow ", end.flow(), "].cpu: this agent may not use CPU ", end.cpu()));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOwnAddress(const v1::Prepare& prepare) {
  if (IsLocal(prepare.workload().transport())) return absl::OkStatus();
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(prepare.data_address()));
  return Annotate(address.CheckUnicast(), "data_address");
}

}  // namespace

absl::Status CheckHostHas(const v1::Prepare& prepare) {
  RETURN_IF_ERROR(CheckCpus(prepare));
  return CheckOwnAddress(prepare);
}

}  // namespace copycost
