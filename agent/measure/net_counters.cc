#include "agent/measure/net_counters.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status.h"
#include "common/utf8.h"

namespace copycost {
namespace {

constexpr char kDirectory[] = "/proc/thread-self/net/";

absl::StatusOr<std::string> ReadNetFile(absl::string_view name) {
  const std::string path = absl::StrCat(kDirectory, name);
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  return text.str();
}

std::vector<absl::string_view> WordsOf(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

}  // namespace

absl::Status AddNetCounters(absl::string_view netstat, CounterValues& counters) {
  const std::vector<absl::string_view> lines = absl::StrSplit(netstat, '\n', absl::SkipEmpty());
  for (size_t line = 0; line < lines.size(); line += 2) {
    const std::vector<absl::string_view> names = WordsOf(lines[line]);
    const std::vector<absl::string_view> values =
        line + 1 < lines.size() ? WordsOf(lines[line + 1]) : std::vector<absl::string_view>();
    if (names.empty() || names.size() != values.size() || names[0] != values[0]) {
      return absl::InternalError("counters have no names with a value each");
    }
    const std::string group = absl::StrCat(ToUtf8(absl::StripSuffix(names[0], ":")), ".");
    for (size_t i = 1; i < names.size(); ++i) {
      int64_t& value = counters[absl::StrCat(group, ToUtf8(names[i]))];
      if (!absl::SimpleAtoi(values[i], &value)) {
        return absl::InternalError(absl::StrCat(ToUtf8(names[i]), " is no number"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status AddNet6Counters(absl::string_view snmp6, CounterValues& counters) {
  for (const absl::string_view line : absl::StrSplit(snmp6, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> words = WordsOf(line);
    int64_t value = 0;
    if (words.size() != 2 || !absl::SimpleAtoi(words[1], &value)) {
      return absl::InternalError("snmp6 has no name with a value on each line");
    }
    counters[ToUtf8(words[0])] = value;
  }
  return absl::OkStatus();
}

// A kernel without IPv6 has no snmp6.
absl::StatusOr<CounterValues> ReadNetCounters() {
  CounterValues counters;
  for (const char* name : {"netstat", "snmp"}) {
    ASSIGN_OR_RETURN(const std::string text, ReadNetFile(name));
    RETURN_IF_ERROR(Annotate(AddNetCounters(text, counters), absl::StrCat(kDirectory, name)));
  }
  if (const auto text = ReadNetFile("snmp6"); text.ok()) {
    RETURN_IF_ERROR(AddNet6Counters(*text, counters));
  }
  return counters;
}

}  // namespace copycost
