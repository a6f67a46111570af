#include "tests/bench/agent_processes.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/status.h"
#include "coordinator/fleet/namespace_helper.h"

namespace copycost::bench {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Of the process's first thread.
absl::StatusOr<std::vector<pid_t>> ChildrenOf(pid_t process) {
  const std::string path = absl::StrCat("/proc/", process, "/task/", process, "/children");
  std::ifstream file(path);
  if (!file) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot read ", path, "; it needs a kernel with CONFIG_PROC_CHILDREN"));
  }
  return std::vector<pid_t>(std::istream_iterator<pid_t>(file), {});
}

// Whether the network namespace of the process has this address: in the trie of its routes it then
// is a leaf, followed by what it is, "/32 host LOCAL".
absl::StatusOr<bool> HasAddress(pid_t process, absl::string_view address) {
  ASSIGN_OR_RETURN(const std::string trie,
                   ReadFile(absl::StrCat("/proc/", process, "/net/fib_trie")));
  bool at_leaf = false;
  for (absl::string_view line : absl::StrSplit(trie, '\n')) {
    line = absl::StripLeadingAsciiWhitespace(line);
    if (at_leaf && absl::StartsWith(line, "/32 host LOCAL")) return true;
    at_leaf = absl::ConsumePrefix(&line, "|-- ") && line == address;
  }
  return false;
}

absl::StatusOr<pid_t> WithAddress(const std::vector<pid_t>& processes, absl::string_view address) {
  for (const pid_t process : processes) {
    ASSIGN_OR_RETURN(const bool has, HasAddress(process, address));
    if (has) return process;
  }
  return absl::NotFoundError(absl::StrCat("no agent has the address ", address));
}

}  // namespace

absl::StatusOr<AgentProcesses> FindAgentProcesses() {
  ASSIGN_OR_RETURN(const std::vector<pid_t> helpers, ChildrenOf(::getpid()));
  if (helpers.size() != 1) {
    return absl::NotFoundError(
        absl::StrCat("of ", helpers.size(), " children none can be told to be the helper"));
  }
  ASSIGN_OR_RETURN(const std::vector<pid_t> agents, ChildrenOf(helpers[0]));
  AgentProcesses found{};
  ASSIGN_OR_RETURN(found.sender, WithAddress(agents, kSenderAddressV4));
  ASSIGN_OR_RETURN(found.receiver, WithAddress(agents, kReceiverAddressV4));
  return found;
}

}  // namespace copycost::bench
