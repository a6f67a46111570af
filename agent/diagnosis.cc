#include "agent/diagnosis.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/checks/checks.h"

namespace copycost {
namespace {

constexpr int kMostAddresses = 8;

void Add(std::vector<v1::Check> checks, v1::Diagnosis& diagnosis) {
  for (v1::Check& check : checks) *diagnosis.add_checks() = std::move(check);
}

}  // namespace

absl::StatusOr<v1::Diagnosis> Diagnose(const v1::DiagnoseRequest& request,
                                       const v1::Description& description, const Limits& limits,
                                       const Kernel& kernel) {
  if (request.data_addresses_size() > kMostAddresses) {
    return absl::InvalidArgumentError(
        absl::StrCat("data_addresses: at most ", kMostAddresses, " are looked at"));
  }
  v1::Diagnosis diagnosis;
  Add(ModeChecks(description), diagnosis);
  Add(LimitChecks(limits), diagnosis);
  Add(MemoryChecks(kernel), diagnosis);
  Add(CpuChecks(kernel), diagnosis);
  Add(CongestionChecks(kernel), diagnosis);
  Add(NetworkChecks(kernel), diagnosis);
  Add(LinkChecks(kernel, limits,
                 {request.data_addresses().begin(), request.data_addresses().end()}),
      diagnosis);
  Add(CounterChecks(kernel), diagnosis);
  return diagnosis;
}

}  // namespace copycost
