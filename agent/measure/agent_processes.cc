#include "agent/measure/agent_processes.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/text_file.h"

namespace copycost {
namespace {

constexpr absl::string_view kNumbers = "NSpid:";

// Directories named by numbers, which are processes or threads.
std::vector<std::string> Numbered(const std::string& path) {
  std::vector<std::string> names = NamesIn(path);
  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& name) {
                               return !absl::ascii_isdigit(static_cast<unsigned char>(name[0]));
                             }),
              names.end());
  return names;
}

std::optional<std::pair<dev_t, ino_t>> ProgramOf(absl::string_view process) {
  struct stat status {};
  if (::stat(absl::StrCat("/proc/", process, "/exe").c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

absl::string_view LineOf(absl::string_view status, absl::string_view name) {
  for (absl::string_view line : absl::StrSplit(status, '\n')) {
    if (absl::ConsumePrefix(&line, name)) return line;
  }
  return "";
}

size_t OwnDepth() {
  const std::string status = TextOf("/proc/self/status");
  const std::vector<absl::string_view> numbers =
      absl::StrSplit(LineOf(status, kNumbers), '\t', absl::SkipEmpty());
  return numbers.empty() ? 0 : numbers.size() - 1;
}

v1::Runner RunnerOf(absl::string_view status) {
  const absl::string_view name = absl::StripAsciiWhitespace(LineOf(status, "Name:"));
  if (name == DataThreadName(v1::ROLE_SENDER)) return v1::RUNNER_SENDER;
  if (name == DataThreadName(v1::ROLE_RECEIVER)) return v1::RUNNER_RECEIVER;
  return v1::RUNNER_AGENT;
}

}  // namespace

const char* DataThreadName(v1::Role role) {
  return role == v1::ROLE_SENDER ? "data-sender" : "data-receiver";
}

int32_t NumberInNamespace(absl::string_view status, size_t depth) {
  const std::vector<absl::string_view> numbers =
      absl::StrSplit(LineOf(status, kNumbers), '\t', absl::SkipEmpty());
  int32_t number = 0;
  if (depth >= numbers.size() || !absl::SimpleAtoi(numbers[depth], &number)) return 0;
  return number;
}

std::vector<AgentProcess> FindAgentProcesses() {
  std::vector<AgentProcess> found;
  const size_t depth = OwnDepth();
  const auto program = ProgramOf("self");
  if (!program) return found;
  for (const std::string& name : Numbered("/proc")) {
    if (ProgramOf(name) != program) continue;
    const std::string directory = absl::StrCat("/proc/", name);
    AgentProcess agent;
    agent.process = NumberInNamespace(TextOf(directory + "/status"), depth);
    agent.maps = TextOf(directory + "/maps");
    for (const std::string& thread : Numbered(directory + "/task")) {
      const std::string status = TextOf(absl::StrCat(directory, "/task/", thread, "/status"));
      agent.threads[NumberInNamespace(status, depth)] = RunnerOf(status);
    }
    if (agent.process > 0 && !agent.maps.empty()) found.push_back(std::move(agent));
  }
  return found;
}

}  // namespace copycost
