// SQLiteCpp reports by exceptions; they end here.
#ifndef COPYCOST_COORDINATOR_STORE_SQLITE_STATUS_H_
#define COPYCOST_COORDINATOR_STORE_SQLITE_STATUS_H_

#include <SQLiteCpp/Exception.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace copycost::store {

// "path: SQLite's message". ResourceExhausted when another process holds the file's lock or the
// disk is full, NotFound when the file cannot be opened, PermissionDenied when it may be read only,
// DataLoss when it is damaged, InvalidArgument when it is no database, AlreadyExists for a row that
// is there already, else Internal.
absl::Status StatusOf(const SQLite::Exception& exception, absl::string_view path);

// What `work` returns, a Status; or the status of the exception it threw.
template <typename Work>
absl::Status CatchSqlite(const std::string& path, Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& exception) {
    return StatusOf(exception, path);
  }
}

}  // namespace copycost::store

#endif  // COPYCOST_COORDINATOR_STORE_SQLITE_STATUS_H_
