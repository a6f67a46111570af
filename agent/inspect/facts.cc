#include "agent/inspect/facts.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/utf8.h"

namespace copycost {
namespace {

constexpr size_t kMostOfValue = 8000;

}  // namespace

void AddFact(Facts& facts, absl::string_view name, absl::string_view value) {
  std::string words(value);
  absl::RemoveExtraAsciiWhitespace(&words);
  std::replace_if(
      words.begin(), words.end(), [](char c) { return absl::ascii_isspace(c); }, ' ');
  if (words.empty()) return;
  if (words.size() > kMostOfValue) words = absl::StrCat(words.substr(0, kMostOfValue), "...");
  v1::Fact& fact = *facts.Add();
  fact.set_name(ToUtf8(name));
  fact.set_value(ToUtf8(words));
}

std::string Together(const std::vector<std::string>& values) {
  std::map<std::string, size_t> counts;
  for (const std::string& value : values) {
    const absl::string_view word = absl::StripAsciiWhitespace(value);
    if (!word.empty()) ++counts[std::string(word)];
  }
  if (counts.size() == 1) return counts.begin()->first;
  return absl::StrJoin(counts, ", ", [](std::string* out, const auto& count) {
    absl::StrAppend(out, count.first, " (", count.second, ")");
  });
}

}  // namespace copycost
