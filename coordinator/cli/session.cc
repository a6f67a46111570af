#include "coordinator/cli/session.h"

#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/build_info.h"
#include "common/utf8.h"

namespace copycost {
namespace {

std::string CommandLine() {
  std::ifstream file("/proc/self/cmdline");
  std::string text;
  std::getline(file, text, '\0');
  for (std::string word; std::getline(file, word, '\0');) absl::StrAppend(&text, " ", word);
  return ToUtf8(text);
}

}  // namespace

std::string Holder() {
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  return ToUtf8(absl::StrCat("user ", ::geteuid(), " on ", host, ", process ", ::getpid(), " (",
                             CommandLine().substr(0, 120), ")"));
}

v1::Session MakeSession(absl::Time wall_now, const std::vector<FleetAgent>& agents) {
  v1::Session session;
  session.set_started_unix_ns(absl::ToUnixNanos(wall_now));
  session.set_command_line(CommandLine());
  session.set_version(std::string(Version()));
  session.set_build_id(BuildId());
  for (const FleetAgent& agent : agents) {
    v1::AgentInfo& info = *session.add_agents();
    info.set_agent(agent.member.name);
    info.set_address(agent.member.address);
    *info.mutable_description() = agent.description;
    info.set_clock_offset_ns(absl::ToInt64Nanoseconds(agent.clock.offset));
    info.set_clock_error_ns(absl::ToInt64Nanoseconds(agent.clock.error));
    info.set_data_address_v4(agent.member.data_address_v4);
    info.set_data_address_v6(agent.member.data_address_v6);
  }
  return session;
}

std::string AgentsText(const v1::Session& session) {
  std::string text;
  for (const v1::AgentInfo& agent : session.agents()) {
    absl::StrAppend(&text, text.empty() ? "" : ",", agent.agent(), "=", agent.address());
    for (const std::string& data : {agent.data_address_v4(), agent.data_address_v6()}) {
      if (!data.empty()) absl::StrAppend(&text, "/", data);
    }
  }
  return text;
}

}  // namespace copycost
