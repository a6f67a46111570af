// A workload's place in the matrix: the value of every field of Workload that is an axis, read by
// reflection, so that a new axis needs no line here or in any report.
#ifndef COPYCOST_COORDINATOR_RECORD_AXIS_VALUES_H_
#define COPYCOST_COORDINATOR_RECORD_AXIS_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "copycost/v1/experiment.pb.h"

namespace copycost::record {

struct AxisValue {
  std::string axis;  // the field's name: "message_bytes"
  std::string word;  // as typed and as shown to people: "64K", "two-copy", "auto"
  // The value of a numeric axis, for files that programs read. Absent where a word stands for it.
  std::optional<int64_t> number;
};

// In the order of Workload's fields.
std::vector<AxisValue> AxisValuesOf(const v1::Workload& workload);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_AXIS_VALUES_H_
