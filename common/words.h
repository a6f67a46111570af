// The words of enum values, read from their label options (words.proto), so that no table of names
// exists beside the protos.
#ifndef COPYCOST_COMMON_WORDS_H_
#define COPYCOST_COMMON_WORDS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace copycost {

// The label of one value; "?" for values without one (unspecified, or unknown to this build).
std::string LabelOf(const google::protobuf::EnumDescriptor& type, int number);

// The description option of one value; empty without one.
std::string DescriptionOf(const google::protobuf::EnumDescriptor& type, int number);

// The value whose label is `word`. InvalidArgument lists the words there are.
absl::StatusOr<int> NumberOf(const google::protobuf::EnumDescriptor& type, absl::string_view word);

// Every labelled value of a type, in declaration order.
std::vector<int> NumbersOf(const google::protobuf::EnumDescriptor& type);

template <typename Enum>
std::string Label(Enum value) {
  return LabelOf(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

template <typename Enum>
std::vector<Enum> AllValues() {
  std::vector<Enum> values;
  for (int number : NumbersOf(*google::protobuf::GetEnumDescriptor<Enum>())) {
    values.push_back(static_cast<Enum>(number));
  }
  return values;
}

}  // namespace copycost

#endif  // COPYCOST_COMMON_WORDS_H_
