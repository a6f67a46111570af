#include "common/axis_values.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/units.h"
#include "common/words.h"

namespace copycost {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Reflection;

AxisValue Number(const FieldDescriptor& field, uint64_t number) {
  const bool stands_for_a_word =
      number == 0 && !field.options().GetExtension(v1::axis).zero_word().empty();
  AxisValue value{field.name(), AxisNumberWord(field, number), std::nullopt};
  if (!stands_for_a_word) value.number = static_cast<int64_t>(number);
  return value;
}

// Axes are uint32, uint64, string or an enum; the field's definition is a compile-time matter, so
// another type is a bug and shows as an empty word.
AxisValue ValueOf(const FieldDescriptor& field, const v1::Workload& workload) {
  const Reflection& reflection = *workload.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = reflection.GetEnumValue(workload, &field);
      const std::string& zero_word = field.options().GetExtension(v1::axis).zero_word();
      if (number == 0 && !zero_word.empty()) return {field.name(), zero_word, std::nullopt};
      return {field.name(), LabelOf(*field.enum_type(), number), std::nullopt};
    }
    case FieldDescriptor::CPPTYPE_UINT32:
      return Number(field, reflection.GetUInt32(workload, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Number(field, reflection.GetUInt64(workload, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return {field.name(), reflection.GetString(workload, &field), std::nullopt};
    default:
      return {field.name(), "", std::nullopt};
  }
}

}  // namespace

bool TransportHas(const v1::Axis& axis, v1::Transport transport) {
  if (IsLocal(transport)) return !axis.network_only() && !axis.tcp_only();
  return !IsDatagrams(transport) || !axis.tcp_only();
}

bool AxisApplies(const FieldDescriptor& field, const v1::Workload& workload) {
  const v1::Axis& axis = field.options().GetExtension(v1::axis);
  if (!TransportHas(axis, workload.transport())) return false;
  const v1::Pattern pattern = workload.pattern();
  if (pattern == v1::PATTERN_UNSPECIFIED) return true;
  switch (field.number()) {
    case v1::Workload::kResponseBytesFieldNumber:
      return Exchanges(pattern);
    case v1::Workload::kRateFieldNumber:
      return HasRate(pattern);
    default:
      return true;
  }
}

std::string AxisNumberWord(const FieldDescriptor& field, uint64_t number) {
  const std::string& zero_word = field.options().GetExtension(v1::axis).zero_word();
  if (number == 0 && !zero_word.empty()) return zero_word;
  const std::string& one_word = field.options().GetExtension(v1::axis).one_word();
  if (number == 1 && !one_word.empty()) return one_word;
  if (absl::EndsWith(field.name(), "_bytes")) return FormatBytes(number);
  if (absl::EndsWith(field.name(), "_bits_per_s")) return FormatBitRate(number);
  return absl::StrCat(number);
}

AxisValue AxisValueOf(const FieldDescriptor& field, const v1::Workload& workload) {
  AxisValue value = ValueOf(field, workload);
  value.applies = AxisApplies(field, workload);
  return value;
}

std::vector<AxisValue> AxisValuesOf(const v1::Workload& workload) {
  std::vector<AxisValue> values;
  const auto& type = *v1::Workload::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.options().HasExtension(v1::axis)) values.push_back(AxisValueOf(field, workload));
  }
  return values;
}

}  // namespace copycost
