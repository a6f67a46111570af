#include "coordinator/cli/doctor_text.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/words.h"
#include "coordinator/report/text_grid.h"

namespace copycost {
namespace {

constexpr size_t kIndent = 2;
constexpr size_t kStateWidth = 9;  // "limited", and a gap
// On a terminal narrower than this, lines are left to it.
constexpr size_t kLeastWidth = 30;

// `text` wrapped, its first line behind `head` and the others as far in.
std::string Hanging(const std::string& head, absl::string_view text, size_t width) {
  const size_t room = std::max(width, kLeastWidth) - head.size();
  const std::string wrapped = report::Wrap(text, room, 0);
  const std::string indent(head.size(), ' ');
  std::vector<std::string> lines = absl::StrSplit(wrapped, '\n', absl::SkipEmpty());
  for (size_t i = 0; i < lines.size(); ++i) lines[i].insert(0, i == 0 ? head : indent);
  return absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
}

std::string CheckText(const v1::Check& check, size_t width) {
  const std::string head =
      absl::StrFormat("%*s%-*s", kIndent, "", kStateWidth, Label(check.state()));
  std::string text = Hanging(head, absl::StrCat(check.name(), ": ", check.found()), width);
  if (!check.remedy().empty()) {
    text += Hanging(std::string(head.size(), ' '), absl::StrCat("remedy: ", check.remedy()), width);
  }
  return text;
}

std::string Section(const Examined& part, size_t width) {
  if (part.checks.empty()) return "";
  std::string text = absl::StrCat(part.subject, "\n");
  for (const v1::Check& check : part.checks) absl::StrAppend(&text, CheckText(check, width));
  return absl::StrCat(text, "\n");
}

bool Alike(const v1::Check& a, const v1::Check& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// Takes what `a` and `b` have alike out of both.
Examined TakeCommon(Examined& a, Examined& b) {
  Examined common{.subject = absl::StrCat(a.subject, " and ", b.subject), .checks = {}};
  std::vector<v1::Check> only_a;
  for (v1::Check& check : a.checks) {
    const auto same = std::find_if(b.checks.begin(), b.checks.end(),
                                   [&](const v1::Check& other) { return Alike(check, other); });
    if (same == b.checks.end()) {
      only_a.push_back(std::move(check));
    } else {
      b.checks.erase(same);
      common.checks.push_back(std::move(check));
    }
  }
  a.checks = std::move(only_a);
  return common;
}

// What neighbours have alike comes before both.
std::vector<Examined> JoinNeighbours(std::vector<Examined> parts) {
  std::vector<Examined> joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i + 1 < parts.size()) joined.push_back(TakeCommon(parts[i], parts[i + 1]));
    joined.push_back(std::move(parts[i]));
  }
  return joined;
}

std::string Counts(const std::vector<Examined>& parts) {
  std::map<v1::CheckState, int> counts;
  for (const Examined& part : parts) {
    for (const v1::Check& check : part.checks) ++counts[check.state()];
  }
  return absl::StrJoin(counts, ", ", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, entry.second, " ", Label(entry.first));
  });
}

}  // namespace

std::string DoctorText(const DoctorReport& report, size_t width) {
  const std::vector<Examined> parts = JoinNeighbours(report.parts);
  std::string text;
  for (const Examined& part : parts) absl::StrAppend(&text, Section(part, width));
  return absl::StrCat(text, report::Wrap(absl::StrCat(Counts(parts), ". ", report.verdict),
                                         std::max(width, kLeastWidth), 0));
}

}  // namespace copycost
