// How many message buffers a zero-copy sender cycles through, and what they cost in locked memory.
//
// The kernel counts MSG_ZEROCOPY's pages against RLIMIT_MEMLOCK for each send, before it knows how
// many it will pin: size / 4096 + 2 pages (mm_account_pinned_pages in net/core/skbuff.c), rounded
// up here. It counts them per user, so all flows of a cell share one budget, and so do both ends
// where the pattern has exchanges: they may run as one user, and each sends.
//
// Pages are taken as 4096 bytes whatever the sender's host has. Where they are larger the kernel
// counts more, and a ring that fits here may not fit there: sends are then refused with ENOBUFS and
// wait for completions, which buffer_waits tells, and one that does not fit alone fails with what
// would permit it. No figure is wrong for it.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_RING_DEPTH_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_RING_DEPTH_H_

#include <cstdint>
#include <optional>

#include "copycost/v1/experiment.pb.h"

namespace copycost {

// Locked bytes of all the workload's flows when each sends from `ring_depth` buffers at once; of
// a mode that registers its buffers, with those of the working set.
uint64_t LockedBytes(const v1::Workload& workload, uint32_t ring_depth);

// The shallowest ring the workload can run with: the one asked for, else 2 (one buffer filled while
// the kernel holds the other), or 1 where the working set is of one message.
uint32_t LeastRingDepth(const v1::Workload& workload);

// The ring depth of a trial: the one asked for; else 0 for modes that pin nothing and so have no
// ring; else as many buffers as make 4 MiB, at least 2, at most 64, no more than the working set
// has messages, and no more than `locked_memory_bytes` (absent: unlimited) gives every flow.
// Never below LeastRingDepth: MakePlan leaves out cells that cannot have that.
uint32_t ResolveRingDepth(const v1::Workload& workload,
                          std::optional<uint64_t> locked_memory_bytes);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_RING_DEPTH_H_
