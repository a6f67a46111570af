#include "coordinator/store/sqlite_status.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"

namespace copycost::store {
namespace {

absl::StatusCode CodeOf(int sqlite_code) {
  switch (sqlite_code & 0xff) {  // the primary code; the rest says where
    case SQLITE_BUSY:
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kNotFound;
    case SQLITE_READONLY:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CORRUPT:
      return absl::StatusCode::kDataLoss;
    case SQLITE_NOTADB:
      return absl::StatusCode::kInvalidArgument;
    case SQLITE_CONSTRAINT:
      return absl::StatusCode::kAlreadyExists;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status StatusOf(const SQLite::Exception& exception, absl::string_view path) {
  const bool busy = (exception.getErrorCode() & 0xff) == SQLITE_BUSY;
  return absl::Status(
      CodeOf(exception.getErrorCode()),
      absl::StrCat(path, ": ", busy ? "in use by another process: " : "", exception.what()));
}

}  // namespace copycost::store
