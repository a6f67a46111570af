#include "agent/measure/uring_workers.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/match.h"
#include "common/status.h"

namespace copycost {

// Tasks may come and go meanwhile: one that is gone is none.
absl::StatusOr<uint32_t> CountUringWorkers() {
  constexpr char kTasks[] = "/proc/self/task";
  std::error_code error;
  uint32_t workers = 0;
  auto task = std::filesystem::directory_iterator(kTasks, error);
  while (!error && task != std::filesystem::directory_iterator()) {
    std::string name;
    std::getline(std::ifstream(task->path() / "comm"), name);
    if (absl::StartsWith(name, "iou-wrk-")) ++workers;
    task.increment(error);
  }
  if (error) return ErrnoStatus(error.value(), kTasks);
  return workers;
}

}  // namespace copycost
