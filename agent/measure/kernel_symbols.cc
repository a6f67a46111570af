#include "agent/measure/kernel_symbols.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "agent/checks/sysctl.h"
#include "common/utf8.h"

namespace copycost {
namespace {

constexpr char kPath[] = "/proc/kallsyms";

// "ffffffff81000000 T _stext", or with "\t[module]" at its end.
struct Line {
  uint64_t address = 0;
  char kind = 0;
  absl::string_view name;
};

bool ParseLine(absl::string_view text, Line& line) {
  const size_t space = text.find(' ');
  if (space == text.npos || space + 3 >= text.size() || text[space + 2] != ' ') return false;
  if (!absl::SimpleHexAtoi(text.substr(0, space), &line.address)) return false;
  line.kind = text[space + 1];
  line.name = text.substr(space + 3);
  line.name = line.name.substr(0, line.name.find('\t'));
  return !line.name.empty();
}

// Functions, weak ones too.
bool IsCode(char kind) { return kind == 't' || kind == 'T' || kind == 'w' || kind == 'W'; }

}  // namespace

absl::StatusOr<KernelSymbols> KernelSymbols::Read() {
  std::ifstream file(kPath);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat(kPath, " cannot be read; run a kernel with CONFIG_KALLSYMS"));
  }
  return Parse(text.str());
}

absl::StatusOr<KernelSymbols> KernelSymbols::Parse(absl::string_view kallsyms) {
  KernelSymbols symbols;
  symbols.text_ = ToUtf8(kallsyms);
  const absl::string_view text = symbols.text_;
  bool shown = false;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    Line line;
    if (!ParseLine(text.substr(at, end - at), line)) {
      return absl::InternalError(absl::StrCat(kPath, " cannot be understood"));
    }
    shown = shown || line.address != 0;
    if (IsCode(line.kind)) {
      symbols.symbols_.push_back({.address = line.address,
                                  .name_at = static_cast<uint32_t>(line.name.data() - text.data()),
                                  .name_size = static_cast<uint32_t>(line.name.size())});
    }
    at = end + 1;
  }
  if (!shown) {
    return absl::PermissionDeniedError(absl::StrCat(kPath, " hides where functions are; ",
                                                    SetSysctl("kernel.kptr_restrict", "0"),
                                                    " kernel.perf_event_paranoid=0"));
  }
  // Of several names for one address, the first that the kernel lists.
  std::stable_sort(symbols.symbols_.begin(), symbols.symbols_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
  return symbols;
}

absl::string_view KernelSymbols::NameOf(uint64_t address) const {
  const auto after =
      std::upper_bound(symbols_.begin(), symbols_.end(), address,
                       [](uint64_t at, const Symbol& symbol) { return at < symbol.address; });
  if (after == symbols_.begin()) return "[kernel]";
  const uint64_t begin = std::prev(after)->address;
  const auto found =
      std::lower_bound(symbols_.begin(), after, begin,
                       [](const Symbol& symbol, uint64_t at) { return symbol.address < at; });
  return absl::string_view(text_).substr(found->name_at, found->name_size);
}

}  // namespace copycost
