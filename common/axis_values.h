// A workload's place in the matrix: the value of every field of Workload that is an axis, read by
// reflection, so that a new axis needs no line here or in any report.
#ifndef COPYCOST_COMMON_AXIS_VALUES_H_
#define COPYCOST_COMMON_AXIS_VALUES_H_

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "copycost/v1/experiment.pb.h"
#include "copycost/v1/words.pb.h"

namespace copycost {

struct AxisValue {
  std::string axis;  // the field's name: "message_bytes"
  std::string word;  // as typed and as shown to people: "64K", "two-copy", "auto"
  // The value of a numeric axis, for files that programs read. Absent where a word stands for it.
  std::optional<int64_t> number;
  // Whether the workload's pattern and transport have a part for it: only exchanges have responses,
  // and only paced ones a rate; a local transport has nothing of a network.
  bool applies = true;
};

// Whether a transport has a part for the axis; an unspecified one has, for every axis.
bool TransportHas(const v1::Axis& axis, v1::Transport transport);

// As `applies`. Every axis applies to an unspecified pattern, and to an unspecified transport.
bool AxisApplies(const google::protobuf::FieldDescriptor& field, const v1::Workload& workload);

// `field` is one of Workload's axes.
AxisValue AxisValueOf(const google::protobuf::FieldDescriptor& field, const v1::Workload& workload);

// The word for a number on a numeric axis: "64K" where the field counts bytes, "10G" where it is a
// rate.
std::string AxisNumberWord(const google::protobuf::FieldDescriptor& field, uint64_t number);

// All axes, in the order of Workload's fields.
std::vector<AxisValue> AxisValuesOf(const v1::Workload& workload);

}  // namespace copycost

#endif  // COPYCOST_COMMON_AXIS_VALUES_H_
