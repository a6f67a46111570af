#include "coordinator/store/reader.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "coordinator/store/schema.h"
#include "coordinator/store/sqlite_status.h"

namespace copycost::store {
namespace {

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what, " is damaged"));
}

template <typename Message>
bool Parse(const SQLite::Column& blob, Message& message) {
  return message.ParseFromArray(blob.getBlob(), blob.getBytes());
}

absl::Status ReadRun(SQLite::Database& db, const std::string& path, v1::RunRecord& info) {
  SQLite::Statement select(db, "SELECT record FROM run");
  if (!select.executeStep()) return Damaged(path, "the record of the run");
  if (!Parse(select.getColumn(0), info)) return Damaged(path, "the record of the run");
  return absl::OkStatus();
}

absl::Status ReadAttempts(SQLite::Database& db, const std::string& path,
                          std::vector<v1::TrialRecord>& attempts) {
  SQLite::Statement select(db, "SELECT trial_id, attempt, record FROM trial ORDER BY rowid");
  while (select.executeStep()) {
    v1::TrialRecord& trial = attempts.emplace_back();
    const std::string id = select.getColumn(0).getString();
    const int attempt = select.getColumn(1).getInt();
    // Bytes that parse by luck, none included, do not name the row's trial.
    if (!Parse(select.getColumn(2), trial) || trial.trial_id() != id ||
        trial.attempt() != static_cast<uint32_t>(attempt)) {
      return Damaged(path, absl::StrCat("the record of trial ", id, ", attempt ", attempt, ","));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<record::Run> Read(const std::string& path) {
  record::Run run;
  RETURN_IF_ERROR(CatchSqlite(path, [&]() -> absl::Status {
    // For writing as well, where permitted: a journal left by a killed writer has to be rolled
    // back.
    SQLite::Database db(path, SQLite::OPEN_READWRITE, kBusyMs);
    RETURN_IF_ERROR(CheckSchema(db, path));
    RETURN_IF_ERROR(ReadRun(db, path, run.info));
    return ReadAttempts(db, path, run.attempts);
  }));
  return run;
}

}  // namespace copycost::store
