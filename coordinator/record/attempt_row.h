// One attempt as a row of named fields: the row of results.csv, of the table `trial` in results.db,
// and the JSON object. Built in one place so that the three cannot disagree.
#ifndef COPYCOST_COORDINATOR_RECORD_ATTEMPT_ROW_H_
#define COPYCOST_COORDINATOR_RECORD_ATTEMPT_ROW_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "copycost/v1/result.pb.h"

namespace copycost::record {

// monostate: absent, because it cannot be told or does not apply.
using Value = std::variant<std::monostate, std::string, int64_t, double>;

struct Field {
  std::string name;
  Value value;
};

using Row = std::vector<Field>;

// Always the same names in the same order, whatever the attempt.
Row AttemptRow(const v1::RunRecord& run, const v1::TrialRecord& trial);

// The fields of a workload's axes.
Row AxisFields(const v1::Workload& workload);

// "2026-11-23T08:45:02.123Z"
std::string FormatUtc(int64_t unix_ns);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_ATTEMPT_ROW_H_
