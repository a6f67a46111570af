// The axes of the matrix: the fields of v1::Workload that carry the (axis) option, found by
// reflection. The command line, experiment files, labels and tables learn from here which axes
// there are; adding one is a field in experiment.proto.
//
//   const AxisField* sizes = FindAxis("message_bytes");
//   ExpandAxis(*sizes, {"1K..4K,1000"})            -> {"1K", "2K", "4K", "1000"}
//   ApplyAxis(*sizes, "4096", workload)            -> workload.message_bytes() == 4096
//   AxisWord(*sizes, workload)                     -> "4K"
//
// Errors here say what is wrong with a word, not where it stands: whoever read it adds the flag or
// the line of the file.
#ifndef COPYCOST_COORDINATOR_EXPERIMENT_AXES_H_
#define COPYCOST_COORDINATOR_EXPERIMENT_AXES_H_

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// As the (axis) option gives them; see words.proto.
struct AxisField {
  std::string name;  // of the field in Workload and in Matrix
  std::string flag;
  std::string short_flag;
  std::string default_values;
  std::string help;
  std::string zero_word;
  std::string one_word;
  uint64_t minimum;  // of numbers other than 0; 0: none
  uint64_t maximum;
  const google::protobuf::FieldDescriptor* field;   // in Workload
  const google::protobuf::FieldDescriptor* values;  // in Matrix
};

// All of them, by field number.
absl::Span<const AxisField> Axes();

// Null when no axis has this name.
const AxisField* FindAxis(absl::string_view name);

// The words of one axis of a matrix.
std::vector<std::string> AxisValues(const AxisField& axis, const v1::Matrix& matrix);
void SetAxisValues(const AxisField& axis, absl::Span<const std::string> words, v1::Matrix& matrix);

// The single words that a list as typed stands for: comma lists are split and trimmed, and on
// numeric axes "A..B" becomes A, 2A, 4A ... B. At most 64 words. InvalidArgument for an empty item
// and for a range whose end is not its beginning times a power of two.
absl::StatusOr<std::vector<std::string>> ExpandAxis(const AxisField& axis,
                                                    absl::Span<const std::string> lists);

// Sets the axis's field to what `word` means. InvalidArgument for unknown words (lists the known
// ones), for 0 on an axis without a word for it, and for numbers over the maximum.
absl::Status ApplyAxis(const AxisField& axis, absl::string_view word, v1::Workload& workload);

// The word for the field's value; ApplyAxis reads it back as the same value.
std::string AxisWord(const AxisField& axis, const v1::Workload& workload);

// Every word of an enum axis; empty for numbers and names.
std::vector<std::string> AxisVocabulary(const AxisField& axis);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_EXPERIMENT_AXES_H_
