#include "agent/measure/tcp_collapses.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace copycost {
namespace {

constexpr char kFile[] = "/proc/thread-self/net/netstat";
constexpr absl::string_view kGroup = "TcpExt: ";
constexpr absl::string_view kCounter = "TCPRcvCollapsed";

absl::Status NotTold(absl::string_view why) {
  return absl::InternalError(absl::StrCat(kFile, ": ", why));
}

}  // namespace

absl::StatusOr<uint64_t> ParseTcpCollapses(absl::string_view netstat) {
  std::vector<std::vector<absl::string_view>> lines;  // names, values
  for (const absl::string_view line : absl::StrSplit(netstat, '\n')) {
    if (absl::StartsWith(line, kGroup)) lines.push_back(absl::StrSplit(line, ' '));
  }
  if (lines.size() != 2 || lines[0].size() != lines[1].size()) {
    return NotTold("TcpExt has no names with a value each");
  }
  const auto name = std::find(lines[0].begin(), lines[0].end(), kCounter);
  if (name == lines[0].end()) return NotTold("it has no TCPRcvCollapsed");
  uint64_t value = 0;
  if (absl::SimpleAtoi(lines[1][name - lines[0].begin()], &value)) return value;
  return NotTold("TCPRcvCollapsed is no number");
}

absl::StatusOr<uint64_t> ReadTcpCollapses() {
  std::ifstream file(kFile);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat(kFile, " cannot be read"));
  return ParseTcpCollapses(text.str());
}

}  // namespace copycost
