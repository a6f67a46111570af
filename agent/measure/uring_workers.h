// Threads that the kernel adds to a process to do what io_uring cannot do at once. Their CPU time
// is not that of the thread whose ring it is.
#ifndef COPYCOST_AGENT_MEASURE_URING_WORKERS_H_
#define COPYCOST_AGENT_MEASURE_URING_WORKERS_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace copycost {

// Of this process, now: tasks named "iou-wrk-..." (io_wq_worker() in the kernel's
// io_uring/io-wq.c). They end with the thread whose ring they serve, or when they have had nothing
// to do for 5 s.
absl::StatusOr<uint32_t> CountUringWorkers();

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_URING_WORKERS_H_
