#include "coordinator/store/schema.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace copycost::store {
namespace {

using ::copycost::record::Field;
using ::copycost::record::Row;

// Quoted, since an axis may be named like a word of SQL. Without a type a column keeps what is put
// into it (text, integer, real or NULL), so no table of types stands beside the row's.
std::string Quoted(const std::vector<std::string>& columns) {
  return absl::StrJoin(columns, ", ", [](std::string* out, const std::string& column) {
    absl::StrAppend(out, "\"", column, "\"");
  });
}

struct BindValue {
  SQLite::Statement& statement;
  int index;

  void operator()(std::monostate) const { statement.bind(index); }
  void operator()(const std::string& text) const { statement.bind(index, text); }
  void operator()(int64_t number) const { statement.bind(index, number); }
  void operator()(double number) const { statement.bind(index, number); }
};

}  // namespace

void CreateTables(SQLite::Database& db, const v1::RunRecord& run) {
  db.exec(absl::StrCat("PRAGMA application_id = ", kApplicationId));
  db.exec(absl::StrCat("PRAGMA user_version = ", kSchemaVersion));
  db.exec(
      "CREATE TABLE run (run_id TEXT, started_utc TEXT, command_line TEXT, version TEXT, "
      "build_id TEXT, record BLOB NOT NULL)");
  // A skipped cell has no id.
  db.exec(absl::StrCat("CREATE TABLE cell (cell_id INTEGER UNIQUE, label TEXT NOT NULL, ",
                       Quoted(NamesOf(record::AxisFields({}))), ", skipped TEXT)"));
  db.exec(absl::StrCat("CREATE TABLE trial (", Quoted(NamesOf(record::AttemptRow(run, {}))), ", ",
                       kRecordColumn, " BLOB NOT NULL, PRIMARY KEY (trial_id, attempt))"));
}

std::vector<std::string> NamesOf(const Row& row) {
  std::vector<std::string> names;
  for (const Field& field : row) names.push_back(field.name);
  return names;
}

std::string InsertStatement(const std::string& table, const std::vector<std::string>& columns) {
  return absl::StrCat("INSERT INTO ", table, " (", Quoted(columns), ") VALUES (",
                      absl::StrJoin(std::vector<std::string>(columns.size(), "?"), ", "), ")");
}

void Bind(SQLite::Statement& statement, const Row& row) {
  int index = 1;
  for (const Field& field : row) std::visit(BindValue{statement, index++}, field.value);
}

absl::Status CheckSchema(SQLite::Database& db, const std::string& path) {
  if (db.execAndGet("PRAGMA schema_version").getInt() == 0) {  // not one table was ever made
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is empty; its run ended before anything was stored, start it again"));
  }
  if (db.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a results.db of copycost"));
  }
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version != kSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": has layout ", version, "; this copycost reads layout ",
                     kSchemaVersion, ", use the version that wrote it"));
  }
  return absl::OkStatus();
}

}  // namespace copycost::store
