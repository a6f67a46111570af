#include "agent/inspect/facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/fd.h"
#include "common/utf8.h"

namespace copycost {
namespace {

constexpr size_t kMostOfFile = 64 << 10;
constexpr size_t kMostOfValue = 1000;

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

std::string TextOf(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return "";
  std::string text(kMostOfFile, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

std::vector<std::string> NamesIn(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
  std::vector<std::string> names;
  if (open == nullptr) return names;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
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
