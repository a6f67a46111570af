// Files of a run directory.
#ifndef COPYCOST_COORDINATOR_REPORT_FILE_H_
#define COPYCOST_COORDINATOR_REPORT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace copycost::report {

// Puts `contents` at `path`, in place of what was there: a reader sees the old file or the new one,
// never a part. Not synced to disk; a report can be made again from results.db.
absl::Status WriteAtomically(const std::string& path, absl::string_view contents);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_FILE_H_
