// Reading stacks of a profile. An agent may have sent any numbers: what points nowhere has no name.
#ifndef COPYCOST_COORDINATOR_RECORD_STACKS_H_
#define COPYCOST_COORDINATOR_RECORD_STACKS_H_

#include <algorithm>

#include "absl/strings/string_view.h"
#include "copycost/v1/trial.pb.h"

namespace copycost::record {

// Of stack.frames(frame). Valid as long as the profile.
inline absl::string_view FrameName(const v1::Profile& profile, const v1::Stack& stack, int frame) {
  const uint32_t name = stack.frames(frame);
  if (name >= static_cast<uint32_t>(profile.names_size())) return "[?]";
  return profile.names(static_cast<int>(name));
}

inline int KernelFrames(const v1::Stack& stack) {
  return static_cast<int>(
      std::min(stack.kernel_frames(), static_cast<uint32_t>(stack.frames_size())));
}

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_STACKS_H_
