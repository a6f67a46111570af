// What a workload asks of the memory that messages are made in, or taken into.
#ifndef COPYCOST_AGENT_MESSAGE_MEMORY_H_
#define COPYCOST_AGENT_MESSAGE_MEMORY_H_

#include <cstdint>

#include "copycost/v1/experiment.pb.h"

namespace copycost {

// As Workload's fields of the same names.
struct MessageMemory {
  uint64_t working_set_bytes = 0;  // 0: as few messages as the mode works with
  uint32_t alignment_bytes = 0;    // 0: a page or a cache line
  v1::HugePages huge_pages = v1::HUGE_PAGES_NONE;

  // For a buffer that only one message passes through, whatever the working set.
  MessageMemory OfOne() const {
    return {.alignment_bytes = alignment_bytes, .huge_pages = huge_pages};
  }
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MESSAGE_MEMORY_H_
