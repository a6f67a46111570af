// docs/results.md describes every column that is written.
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/words.h"
#include "coordinator/record/metrics.h"
#include "coordinator/report/absence_rows.h"
#include "coordinator/report/csv.h"
#include "coordinator/report/host_rows.h"
#include "coordinator/report/ledger_row.h"
#include "coordinator/report/verdict_row.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::report {
namespace {

std::string Document(const std::string& name = "results.md") {
  std::stringstream text;
  text << std::ifstream(absl::StrCat(COPYCOST_DOCS, "/", name)).rdbuf();
  return text.str();
}

// A row of a table whose first cell is the name.
bool Describes(const std::string& document, absl::string_view name) {
  return absl::StrContains(document, absl::StrCat("\n| `", name, "` |"));
}

std::vector<std::string> Header(const std::string& csv) {
  return absl::StrSplit(csv.substr(0, csv.find('\n')), ',');
}

// The document describes `<metric>_median`, `<metric>_low` and `<metric>_high` once for all
// metrics.
bool IsEstimate(absl::string_view column) {
  for (const record::Metric& metric : record::Metrics()) {
    for (const char* suffix : {"median", "low", "high"}) {
      if (column == absl::StrCat(metric.column, "_", suffix)) return true;
    }
  }
  return false;
}

TEST(ResultsDocTest, DescribesEveryColumnOfResultsCsv) {
  const std::string document = Document();
  for (const std::string& column : Header(ResultsCsv({}))) {
    EXPECT_TRUE(Describes(document, column)) << column;
  }
}

TEST(ResultsDocTest, DescribesEveryColumnOfSummaryCsv) {
  const std::string document = Document();
  for (const std::string& column : Header(SummaryCsv({}))) {
    EXPECT_TRUE(IsEstimate(column) || Describes(document, column)) << column;
  }
  for (const char* suffix : {"median", "low", "high"}) {
    EXPECT_TRUE(Describes(document, absl::StrCat("<metric>_", suffix))) << suffix;
  }
}

TEST(ResultsDocTest, DescribesEveryOutcomeAndFlag) {
  const std::string document = Document();
  for (v1::Outcome outcome : AllValues<v1::Outcome>()) {
    EXPECT_TRUE(Describes(document, Label(outcome))) << Label(outcome);
  }
  for (v1::Flag flag : AllValues<v1::Flag>()) {
    EXPECT_TRUE(Describes(document, Label(flag))) << Label(flag);
  }
}

TEST(ResultsDocTest, DescribesEveryBottleneck) {
  const std::string document = Document("bottleneck.md");
  for (v1::Bottleneck bottleneck : AllValues<v1::Bottleneck>()) {
    EXPECT_TRUE(Describes(document, Label(bottleneck))) << Label(bottleneck);
  }
}

TEST(ResultsDocTest, DescribesTheLedger) {
  const std::string document = Document("ledger.md");
  for (const analysis::WorkName& name : analysis::WorkNames()) {
    if (name.work == analysis::Work::kIdle) continue;  // not in the ledger
    EXPECT_TRUE(Describes(document, name.label)) << name.label;
  }
  const record::Row row = LedgerRows(analysis::CellLedger()).front();
  for (size_t i = record::AxisFields({}).size(); i < row.size(); ++i) {
    EXPECT_TRUE(absl::StrContains(document, absl::StrCat("`", row[i].name, "`"))) << row[i].name;
  }
}

TEST(ResultsDocTest, DescribesWhatHostsTellAndWhatIsAbsent) {
  const std::string document = Document();
  v1::RunRecord run;
  run.add_sessions()->add_agents()->mutable_description()->set_kernel("6.1");
  record::Row fields = HostRows(run).front();
  const record::Row absences = AbsenceRows(testing::OneCellRun(1)).front();
  fields.insert(fields.end(), absences.begin(), absences.end());
  for (const record::Field& field : fields) {
    EXPECT_TRUE(absl::StrContains(document, absl::StrCat("`", field.name, "`"))) << field.name;
  }
}

TEST(ResultsDocTest, DescribesVerdicts) {
  std::string document = Document();
  document.erase(0, document.find("## verdicts.csv"));
  document.erase(document.find("## absent.csv"));
  for (const record::Field& field : VerdictRow(analysis::Claim())) {
    EXPECT_TRUE(absl::StrContains(document, absl::StrCat("`", field.name, "`"))) << field.name;
  }
  for (const auto verdict : {analysis::Verdict::kFaster, analysis::Verdict::kSlower,
                             analysis::Verdict::kEquivalent, analysis::Verdict::kInconclusive}) {
    EXPECT_TRUE(absl::StrContains(document, absl::StrCat("`", analysis::WordOf(verdict), "`")));
  }
}

TEST(ResultsDocTest, GivesEachMetricItsUnit) {
  const std::string document = Document();
  for (const record::Metric& metric : record::Metrics()) {
    EXPECT_TRUE(absl::StrContains(document,
                                  absl::StrCat("\n| `", metric.column, "` | ", metric.unit, " |")))
        << metric.column;
  }
}

}  // namespace
}  // namespace copycost::report
