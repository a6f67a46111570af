#include "agent/applied.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace copycost {

absl::Status MergeEchoes(absl::Span<const std::unique_ptr<DataThread>> threads, v1::Role role,
                         v1::Workload& applied) {
  const Flow* first = nullptr;
  uint32_t count = 0;
  size_t flows_per_thread = 0;
  for (const auto& thread : threads) {
    if (thread->flows().front()->end().role() != role) continue;
    if (++count > 1 && thread->flows().size() != flows_per_thread) {
      return absl::DataLossError(absl::StrCat("one data thread has ", flows_per_thread,
                                              " flows, another ", thread->flows().size()));
    }
    flows_per_thread = thread->flows().size();
    for (const auto& flow : thread->flows()) {
      if (first == nullptr) first = flow.get();
      if (first->echo().SerializeAsString() == flow->echo().SerializeAsString()) continue;
      return absl::DataLossError(absl::StrCat("flows ", first->end().flow(), " and ",
                                              flow->end().flow(), " applied different settings"));
    }
  }
  if (first == nullptr) return absl::OkStatus();
  applied.MergeFrom(first->echo());
  applied.set_threads(count);
  applied.set_flows_per_thread(static_cast<uint32_t>(flows_per_thread));
  return absl::OkStatus();
}

}  // namespace copycost
