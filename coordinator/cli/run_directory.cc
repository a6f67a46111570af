#include "coordinator/cli/run_directory.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {

namespace fs = std::filesystem;

absl::Status Refuse(const fs::path& path, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("--out: ", path.string(), " ", why, "; name a new directory"));
}

}  // namespace

std::string MakeRunId(absl::string_view experiment, absl::Time wall_now) {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%SZ", wall_now, absl::UTCTimeZone()), "-",
                      experiment);
}

absl::StatusOr<std::string> MakeRunDirectory(const std::string& flag, absl::string_view run_id) {
  const fs::path path =
      flag.empty() ? fs::path("copycost-runs") / std::string(run_id) : fs::path(flag);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status)) {
    if (!fs::is_directory(status)) return Refuse(path, "exists and is no directory");
    const bool empty = fs::is_empty(path, error);
    if (error) return Refuse(path, error.message());
    if (!empty) return Refuse(path, "exists and is not empty");
    return path.string();
  }
  fs::create_directories(path, error);
  if (error) return Refuse(path, absl::StrCat("cannot be made: ", error.message()));
  return path.string();
}

}  // namespace copycost
