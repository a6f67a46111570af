#include "coordinator/cli/run_directory.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace copycost {
namespace {

namespace fs = std::filesystem;

constexpr int kMostOfOneSecond = 1000;

absl::Status Refuse(const fs::path& path, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("--out: ", path.string(), " ", why, "; name a new directory"));
}

// Made by nobody else: runs that begin within the same second have their own.
absl::StatusOr<std::string> MakeDefault(absl::string_view run_id) {
  const fs::path runs("copycost-runs");
  std::error_code error;
  fs::create_directories(runs, error);
  if (error) return Refuse(runs, absl::StrCat("cannot be made: ", error.message()));
  for (int number = 1; number <= kMostOfOneSecond; ++number) {
    const std::string name = number == 1 ? std::string(run_id) : absl::StrCat(run_id, "-", number);
    const bool made = fs::create_directory(runs / name, error);
    if (error) return Refuse(runs / name, absl::StrCat("cannot be made: ", error.message()));
    if (made) return (runs / name).string();
  }
  return Refuse(runs / std::string(run_id), "and those numbered after it exist");
}

}  // namespace

std::string MakeRunId(absl::string_view experiment, absl::Time wall_now) {
  return absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%SZ", wall_now, absl::UTCTimeZone()), "-",
                      experiment);
}

absl::StatusOr<std::string> MakeRunDirectory(const std::string& flag, absl::string_view run_id) {
  if (flag.empty()) return MakeDefault(run_id);
  const fs::path path(flag);
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
