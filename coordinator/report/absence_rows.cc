#include "coordinator/report/absence_rows.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "coordinator/record/bottleneck.h"
#include "coordinator/record/copies.h"
#include "coordinator/record/events.h"
#include "coordinator/record/metrics.h"

namespace copycost::report {
namespace {

using ::copycost::record::EventColumn;
using ::copycost::record::Metric;
using ::copycost::record::Row;

// Reasons that differ by their numbers only are one: those are each trial's own.
std::string WithoutNumbers(absl::string_view reason) {
  std::string text;
  for (const char c : reason) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) text.push_back(c);
  }
  return text;
}

struct Where {
  std::string reason;  // of the first
  int64_t trials = 0;
  std::set<uint32_t> cells;
};

// Of one column, by reason.
class Absences {
 public:
  explicit Absences(std::string column) : column_(std::move(column)) {}

  void Add(const absl::Status& why, const v1::TrialRecord& trial) {
    if (why.ok()) return;
    Where& where = by_reason_[WithoutNumbers(why.message())];
    if (where.reason.empty()) where.reason = std::string(why.message());
    ++where.trials;
    where.cells.insert(trial.cell_id());
  }

  void Tell(std::vector<Row>& rows) const {
    for (const auto& [text, where] : by_reason_) {
      rows.push_back({{"column", column_},
                      {"reason", where.reason},
                      {"trials", where.trials},
                      {"cells", absl::StrJoin(where.cells, " ")}});
    }
  }

 private:
  std::string column_;
  std::map<std::string, Where> by_reason_;
};

}  // namespace

std::vector<Row> AbsenceRows(const record::Run& run) {
  std::vector<Row> rows;
  const auto look = [&](std::string column, auto why) {
    Absences absences(std::move(column));
    for (const v1::TrialRecord& trial : run.attempts) {
      if (trial.purpose() != v1::PURPOSE_MEASURE || trial.outcome() != v1::OUTCOME_OK) continue;
      absences.Add(why(trial), trial);
    }
    absences.Tell(rows);
  };
  for (const Metric& metric : record::Metrics()) {
    look(std::string(metric.column), [&](const auto& trial) { return metric.of(trial).status(); });
  }
  look("bottleneck", [](const auto& trial) { return record::BottleneckOf(trial).status(); });
  look("delivery_basis", [](const auto& trial) { return record::DeliveryBasis(trial).status(); });
  for (const EventColumn& column : record::EventColumnsOf(run.info.plan().experiment())) {
    look(column.column,
         [&](const auto& trial) { return record::EventValue(trial, column).status(); });
  }
  return rows;
}

}  // namespace copycost::report
