// Reads results.db back.
#ifndef COPYCOST_COORDINATOR_STORE_READER_H_
#define COPYCOST_COORDINATOR_STORE_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "coordinator/record/run.h"

namespace copycost::store {

// The run as far as it was stored, attempts in the order they ended; from the serialized records
// alone, never from the query columns. May be called while a Writer is at work. NotFound when the
// file cannot be opened, InvalidArgument when it is no results.db, FailedPrecondition when another
// version of copycost wrote it, DataLoss when it is damaged.
absl::StatusOr<record::Run> Read(const std::string& path);

}  // namespace copycost::store

#endif  // COPYCOST_COORDINATOR_STORE_READER_H_
