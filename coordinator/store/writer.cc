#include "coordinator/store/writer.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/fd.h"
#include "common/status.h"
#include "coordinator/store/reader.h"
#include "coordinator/store/schema.h"
#include "coordinator/store/sqlite_status.h"

namespace copycost::store {
namespace {

using ::copycost::record::Row;

// How long to wait for a file that may be another writer's: only what a reader needs to roll a
// journal back.
constexpr int kOpenBusyMs = 1'000;

// SQLite itself cannot create a file and tell whether it was there.
absl::Status CreateEmptyFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (fd.valid()) return absl::OkStatus();
  if (errno == EEXIST) return absl::AlreadyExistsError(absl::StrCat(path, " exists"));
  return ErrnoStatus(absl::StrCat("open ", path));
}

// A rollback journal, not a write-ahead log: between commits results.db is one complete file, so a
// run that was killed can be copied, archived on read-only media or kept on NFS (where the log's
// shared memory does not work) and loses nothing; a kill within a commit leaves a journal that the
// next reader rolls back. EXTRA also syncs the directory after the journal is gone: without it a
// power cut may bring the journal back and undo a commit that was reported. A commit costs three
// or four fsyncs: median 1.2 ms on an idle virtual disk with ext4 (0.3 ms with a log), 20 ms while
// two builds kept that disk busy; once a trial of 800 ms, outside its window.
void SetUp(SQLite::Database& db) {
  db.exec("PRAGMA journal_mode = DELETE");
  db.exec("PRAGMA synchronous = EXTRA");
}

// An open IMMEDIATE transaction holds SQLite's write lock. It is held from commit to commit, which
// keeps other writers out; readers are kept out only while a commit writes.
void TakeWriteLock(SQLite::Database& db) { db.exec("BEGIN IMMEDIATE"); }

bool HoldsWriteLock(SQLite::Database& db) { return sqlite3_get_autocommit(db.getHandle()) == 0; }

void InsertRun(SQLite::Database& db, const v1::RunRecord& run) {
  const v1::Session& session = record::FirstSession(run);
  const Row row = {{"run_id", run.run_id()},
                   {"started_utc", record::FormatUtc(session.started_unix_ns())},
                   {"command_line", session.command_line()},
                   {"version", session.version()},
                   {"build_id", session.build_id()}};
  std::vector<std::string> columns = NamesOf(row);
  columns.emplace_back(kRecordColumn);
  SQLite::Statement insert(db, InsertStatement("run", columns));
  Bind(insert, row);
  const std::string blob = run.SerializeAsString();
  insert.bind(static_cast<int>(columns.size()), blob.data(), static_cast<int>(blob.size()));
  insert.exec();
}

void InsertCell(SQLite::Database& db, const v1::Workload& workload, const Row& rest) {
  Row row = record::AxisFields(workload);
  row.insert(row.end(), rest.begin(), rest.end());
  SQLite::Statement insert(db, InsertStatement("cell", NamesOf(row)));
  Bind(insert, row);
  insert.exec();
}

void InsertCells(SQLite::Database& db, const v1::Plan& plan) {
  for (const v1::Cell& cell : plan.cells()) {
    InsertCell(db, cell.workload(), {{"cell_id", int64_t{cell.id()}}, {"label", cell.label()}});
  }
  for (const v1::SkippedCell& cell : plan.skipped()) {
    InsertCell(db, cell.workload(), {{"label", cell.label()}, {"skipped", cell.reason()}});
  }
}

std::string InsertTrialStatement(const v1::RunRecord& run) {
  std::vector<std::string> columns = NamesOf(record::AttemptRow(run, {}));
  columns.emplace_back(kRecordColumn);
  return InsertStatement("trial", columns);
}

}  // namespace

struct Writer::Connection {
  // Throws SQLite::Exception, as everything here.
  Connection(const std::string& path, int busy_ms) : db(path, SQLite::OPEN_READWRITE, busy_ms) {}

  void Begin(const v1::RunRecord& run) {
    SetUp(db);
    TakeWriteLock(db);
    CreateTables(db, run);
    InsertRun(db, run);
    InsertCells(db, run.plan());
    PrepareFor(run);
    db.exec("COMMIT");
    TakeWriteLock(db);
  }

  void GoOn() {
    SetUp(db);
    TakeWriteLock(db);
    db.setBusyTimeout(kBusyMs);
  }

  // Before the first Insert.
  void PrepareFor(const v1::RunRecord& run) { insert_trial.emplace(db, InsertTrialStatement(run)); }

  void Insert(const Row& row, const std::string& blob) {
    insert_trial->reset();
    Bind(*insert_trial, row);
    insert_trial->bind(static_cast<int>(row.size()) + 1, blob.data(),
                       static_cast<int>(blob.size()));
    insert_trial->exec();
    insert_trial->reset();  // an unfinished statement would keep the commit from ending
    db.exec("COMMIT");
  }

  void Update(const std::string& blob) {
    SQLite::Statement update(db, absl::StrCat("UPDATE run SET ", kRecordColumn, " = ?"));
    update.bind(1, blob.data(), static_cast<int>(blob.size()));
    update.exec();
    update.reset();
    db.exec("COMMIT");
  }

  // After a failure: SQLite has rolled back by itself for some errors, not for others.
  void Undo() {
    if (insert_trial) insert_trial->tryReset();
    if (HoldsWriteLock(db)) db.tryExec("ROLLBACK");
  }

  SQLite::Database db;
  std::optional<SQLite::Statement> insert_trial;
};

absl::StatusOr<std::unique_ptr<Writer>> Writer::Create(const std::string& path,
                                                       const v1::RunRecord& run) {
  RETURN_IF_ERROR(CreateEmptyFile(path));
  std::unique_ptr<Connection> connection;
  const absl::Status status = CatchSqlite(path, [&] {
    connection = std::make_unique<Connection>(path, kBusyMs);
    connection->Begin(run);
    return absl::OkStatus();
  });
  if (!status.ok()) {
    unlink(path.c_str());
    return status;
  }
  return std::unique_ptr<Writer>(new Writer(path, run, std::move(connection)));
}

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const std::string& path) {
  std::unique_ptr<Connection> connection;
  RETURN_IF_ERROR(CatchSqlite(path, [&]() -> absl::Status {
    connection = std::make_unique<Connection>(path, kOpenBusyMs);
    RETURN_IF_ERROR(CheckSchema(connection->db, path));
    connection->GoOn();
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(record::Run run, Read(path));
  RETURN_IF_ERROR(CatchSqlite(path, [&] {
    connection->PrepareFor(run.info);
    return absl::OkStatus();
  }));
  return std::unique_ptr<Writer>(new Writer(path, std::move(run.info), std::move(connection)));
}

Writer::Writer(std::string path, v1::RunRecord run, std::unique_ptr<Connection> connection)
    : path_(std::move(path)), run_(std::move(run)), connection_(std::move(connection)) {}

Writer::~Writer() = default;

// `work` ends with a commit.
template <typename Work>
absl::Status Writer::Commit(Work work) {
  absl::Status stored = CatchSqlite(path_, [&] {
    if (!HoldsWriteLock(connection_->db)) TakeWriteLock(connection_->db);
    work();
    return absl::OkStatus();
  });
  if (!stored.ok()) connection_->Undo();
  // What became of the work is decided; should the lock not come back, the next commit asks.
  connection_->db.tryExec("BEGIN IMMEDIATE");
  return stored;
}

absl::Status Writer::Append(const v1::TrialRecord& trial) {
  const Row row = record::AttemptRow(run_, trial);
  return Annotate(Commit([&] { connection_->Insert(row, trial.SerializeAsString()); }),
                  absl::StrCat("trial ", trial.trial_id(), " could not be stored"));
}

absl::Status Writer::Update(const v1::RunRecord& run) {
  RETURN_IF_ERROR(Annotate(Commit([&] { connection_->Update(run.SerializeAsString()); }),
                           "the session could not be stored"));
  run_ = run;
  return absl::OkStatus();
}

}  // namespace copycost::store
