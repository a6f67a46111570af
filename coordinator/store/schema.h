// The layout of results.db (docs/results.md describes it to readers). Inside store/ only: the
// header shows SQLiteCpp.
//
// Columns are only ever added, together with kSchemaVersion; the blobs are protobuf and grow by its
// rules.
#ifndef COPYCOST_COORDINATOR_STORE_SCHEMA_H_
#define COPYCOST_COORDINATOR_STORE_SCHEMA_H_

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/record/attempt_row.h"

namespace copycost::store {

// "ccst" in the file's header: tells results.db from any other SQLite file.
inline constexpr int kApplicationId = 0x63637374;
inline constexpr int kSchemaVersion = 6;

// How long a writer waits for a reader before a commit fails, and a reader while a writer commits.
inline constexpr int kBusyMs = 10'000;

// A trial has a column for each event that the run counts. Throws SQLite::Exception.
void CreateTables(SQLite::Database& db, const v1::RunRecord& run);

// The column that holds the serialized TrialRecord, after the fields of its AttemptRow.
inline constexpr char kRecordColumn[] = "record";

std::vector<std::string> NamesOf(const record::Row& row);

// An INSERT with one parameter a column, in order.
std::string InsertStatement(const std::string& table, const std::vector<std::string>& columns);

// The fields of `row` to parameters 1 to row.size(). Text is copied. Throws SQLite::Exception.
void Bind(SQLite::Statement& statement, const record::Row& row);

// InvalidArgument when the file is no copycost database, FailedPrecondition when another version of
// copycost wrote it. Throws SQLite::Exception.
absl::Status CheckSchema(SQLite::Database& db, const std::string& path);

}  // namespace copycost::store

#endif  // COPYCOST_COORDINATOR_STORE_SCHEMA_H_
