#include "common/words.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "copycost/v1/words.pb.h"

namespace copycost {

std::string LabelOf(const google::protobuf::EnumDescriptor& type, int number) {
  const google::protobuf::EnumValueDescriptor* value = type.FindValueByNumber(number);
  if (value == nullptr || !value->options().HasExtension(v1::label)) return "?";
  return value->options().GetExtension(v1::label);
}

std::string DescriptionOf(const google::protobuf::EnumDescriptor& type, int number) {
  const google::protobuf::EnumValueDescriptor* value = type.FindValueByNumber(number);
  return value == nullptr ? "" : value->options().GetExtension(v1::description);
}

std::vector<int> NumbersOf(const google::protobuf::EnumDescriptor& type) {
  std::vector<int> numbers;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->options().HasExtension(v1::label)) {
      numbers.push_back(type.value(i)->number());
    }
  }
  return numbers;
}

absl::StatusOr<int> NumberOf(const google::protobuf::EnumDescriptor& type, absl::string_view word) {
  std::vector<std::string> words;
  for (int number : NumbersOf(type)) {
    words.push_back(LabelOf(type, number));
    if (words.back() == word) return number;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", word, "' is unknown; one of: ", absl::StrJoin(words, ", ")));
}

}  // namespace copycost
