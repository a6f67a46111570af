#include "common/log.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {
absl::string_view log_name = "copycost";
}  // namespace

void SetLogName(absl::string_view name) { log_name = name; }

void Log(absl::string_view message) {
  const std::string line = absl::StrCat(log_name, ": ", message, "\n");
  // Nothing can be done about a log that cannot be written.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace copycost
