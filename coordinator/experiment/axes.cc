#include "coordinator/experiment/axes.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/axis_values.h"
#include "common/status.h"
#include "common/units.h"
#include "common/words.h"
#include "copycost/v1/words.pb.h"

namespace copycost {
namespace {

using ::google::protobuf::FieldDescriptor;

constexpr size_t kMaxValues = 64;
// TCP_CA_NAME_MAX less its terminator.
constexpr size_t kMaxAxisNameLength = 15;

AxisField MakeAxis(const FieldDescriptor& field) {
  const v1::Axis& axis = field.options().GetExtension(v1::axis);
  return AxisField{
      .name = field.name(),
      .flag = axis.flag(),
      .short_flag = axis.short_flag(),
      .default_values = axis.default_values(),
      .help = axis.help(),
      .zero_word = axis.zero_word(),
      .one_word = axis.one_word(),
      .minimum = axis.minimum(),
      .maximum = axis.maximum(),
      .field = &field,
      .values = v1::Matrix::descriptor()->FindFieldByName(field.name()),
  };
}

std::vector<AxisField> FindAxes() {
  const google::protobuf::Descriptor& workload = *v1::Workload::descriptor();
  std::vector<AxisField> axes;
  for (int i = 0; i < workload.field_count(); ++i) {
    if (workload.field(i)->options().HasExtension(v1::axis)) {
      axes.push_back(MakeAxis(*workload.field(i)));
    }
  }
  std::sort(axes.begin(), axes.end(), [](const AxisField& a, const AxisField& b) {
    return a.field->number() < b.field->number();
  });
  return axes;
}

bool IsNumber(const AxisField& axis) {
  return axis.field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64 ||
         axis.field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
}

// The kernel counts a rate in bytes.
absl::StatusOr<uint64_t> ParseRate(absl::string_view word) {
  ASSIGN_OR_RETURN(const uint64_t rate, ParseBitRate(word));
  if (rate % 8 == 0) return rate;
  return absl::InvalidArgumentError(
      absl::StrCat("'", word, "' is no whole number of bytes; name a multiple of 8"));
}

absl::StatusOr<uint64_t> ParseInUnit(const AxisField& axis, absl::string_view word) {
  if (absl::EndsWith(axis.name, "_bytes")) return ParseBytes(word);
  if (absl::EndsWith(axis.name, "_bits_per_s")) return ParseRate(word);
  return ParseCount(word);
}

absl::StatusOr<uint64_t> ParseNumber(const AxisField& axis, absl::string_view word) {
  if (!axis.zero_word.empty() && word == axis.zero_word) return uint64_t{0};
  if (!axis.one_word.empty() && word == axis.one_word) return uint64_t{1};
  ASSIGN_OR_RETURN(const uint64_t value, ParseInUnit(axis, word));
  const uint64_t least = std::max<uint64_t>(axis.minimum, 1);
  if (value < least && (value > 0 || axis.zero_word.empty())) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", word, "' is too small; at least ", AxisNumberWord(*axis.field, least)));
  }
  if (value > axis.maximum) {
    return absl::InvalidArgumentError(absl::StrCat("'", word, "' is too large; at most ",
                                                   AxisNumberWord(*axis.field, axis.maximum)));
  }
  return value;
}

absl::Status CheckName(absl::string_view word) {
  const bool known_letters = std::all_of(word.begin(), word.end(), [](unsigned char letter) {
    return absl::ascii_isalnum(letter) || letter == '-' || letter == '_';
  });
  if (!known_letters || word.empty() || word.size() > kMaxAxisNameLength) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", word, "' is no name; letters, digits, '-' and '_', at most ", kMaxAxisNameLength));
  }
  return absl::OkStatus();
}

absl::Status NoDoubling(absl::string_view range, const std::string& first,
                        const std::string& last) {
  return absl::InvalidArgumentError(absl::StrCat("'", range, "' is no doubling range: ", last,
                                                 " is not ", first, " times a power of two"));
}

absl::Status AppendRange(const AxisField& axis, absl::string_view range,
                         std::vector<std::string>& words) {
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(range, absl::MaxSplits("..", 1));
  ASSIGN_OR_RETURN(const uint64_t first, ParseNumber(axis, ends.first));
  ASSIGN_OR_RETURN(const uint64_t last, ParseNumber(axis, ends.second));
  // From 0 doubling leads nowhere. `last / 2` keeps value * 2 within last, hence within 64 bits.
  uint64_t value = first;
  while (value != 0 && value <= last / 2) {
    words.push_back(AxisNumberWord(*axis.field, value));
    value *= 2;
  }
  if (first == 0 || value != last) {
    return NoDoubling(range, AxisNumberWord(*axis.field, first), AxisNumberWord(*axis.field, last));
  }
  words.push_back(AxisNumberWord(*axis.field, last));
  return absl::OkStatus();
}

absl::Status AppendItem(const AxisField& axis, absl::string_view item,
                        std::vector<std::string>& words) {
  if (item.empty()) return absl::InvalidArgumentError("a value is empty");
  if (IsNumber(axis) && absl::StrContains(item, "..")) return AppendRange(axis, item, words);
  words.emplace_back(item);
  return absl::OkStatus();
}

}  // namespace

absl::Span<const AxisField> Axes() {
  static const auto& axes = *new std::vector<AxisField>(FindAxes());
  return axes;
}

const AxisField* FindAxis(absl::string_view name) {
  for (const AxisField& axis : Axes()) {
    if (axis.name == name) return &axis;
  }
  return nullptr;
}

std::vector<std::string> AxisValues(const AxisField& axis, const v1::Matrix& matrix) {
  const google::protobuf::Reflection& reflection = *matrix.GetReflection();
  std::vector<std::string> words;
  words.reserve(reflection.FieldSize(matrix, axis.values));
  for (int i = 0; i < reflection.FieldSize(matrix, axis.values); ++i) {
    words.push_back(reflection.GetRepeatedString(matrix, axis.values, i));
  }
  return words;
}

void SetAxisValues(const AxisField& axis, absl::Span<const std::string> words, v1::Matrix& matrix) {
  const google::protobuf::Reflection& reflection = *matrix.GetReflection();
  reflection.ClearField(&matrix, axis.values);
  for (const std::string& word : words) reflection.AddString(&matrix, axis.values, word);
}

absl::StatusOr<std::vector<std::string>> ExpandAxis(const AxisField& axis,
                                                    absl::Span<const std::string> lists) {
  std::vector<std::string> words;
  for (const std::string& list : lists) {
    for (absl::string_view item : absl::StrSplit(list, ',')) {
      RETURN_IF_ERROR(AppendItem(axis, absl::StripAsciiWhitespace(item), words));
    }
    if (words.size() > kMaxValues) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", kMaxValues, " values for one axis"));
    }
  }
  return words;
}

absl::Status ApplyAxis(const AxisField& axis, absl::string_view word, v1::Workload& workload) {
  const google::protobuf::Reflection& reflection = *workload.GetReflection();
  switch (axis.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM: {
      const bool zero = !axis.zero_word.empty() && word == axis.zero_word;
      ASSIGN_OR_RETURN(const int number, zero ? 0 : NumberOf(*axis.field->enum_type(), word));
      reflection.SetEnumValue(&workload, axis.field, number);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      ASSIGN_OR_RETURN(const uint64_t value, ParseNumber(axis, word));
      reflection.SetUInt64(&workload, axis.field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      // experiment.proto keeps the maximum of such a field within 32 bits; a test checks it.
      ASSIGN_OR_RETURN(const uint64_t value, ParseNumber(axis, word));
      reflection.SetUInt32(&workload, axis.field, static_cast<uint32_t>(value));
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_STRING:
      RETURN_IF_ERROR(CheckName(word));
      reflection.SetString(&workload, axis.field, std::string(word));
      return absl::OkStatus();
    default:
      return absl::InternalError(absl::StrCat("no words for the type of axis ", axis.name));
  }
}

std::string AxisWord(const AxisField& axis, const v1::Workload& workload) {
  return AxisValueOf(*axis.field, workload).word;
}

std::vector<std::string> AxisVocabulary(const AxisField& axis) {
  std::vector<std::string> words;
  if (axis.field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM) return words;
  if (!axis.zero_word.empty()) words.push_back(axis.zero_word);
  for (int number : NumbersOf(*axis.field->enum_type())) {
    words.push_back(LabelOf(*axis.field->enum_type(), number));
  }
  return words;
}

}  // namespace copycost
