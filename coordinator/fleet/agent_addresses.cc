#include "coordinator/fleet/agent_addresses.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/network.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr absl::string_view kRoles[] = {"sender", "receiver"};

absl::Status Wrong(absl::string_view part, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", part, "' ", what, "; say sender=HOST:PORT[/DATA_ADDR],receiver=HOST:PORT[/DATA_ADDR]"));
}

// The host of "HOST:PORT", without brackets.
absl::StatusOr<std::string> HostOf(absl::string_view control) {
  const size_t colon = control.rfind(':');
  uint32_t port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(control.substr(colon + 1), &port) || port == 0 || port > 65535) {
    return Wrong(control, "is not HOST:PORT");
  }
  absl::string_view host = control.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
  } else if (absl::StrContains(host, ':')) {
    return Wrong(control, "has an IPv6 address without brackets");
  }
  return std::string(host);
}

absl::Status SetData(absl::string_view text, AgentAddresses& agent) {
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text));
  RETURN_IF_ERROR(address.CheckUnicast());
  std::string& data = address.is_v4() ? agent.data_v4 : agent.data_v6;
  if (!data.empty()) {
    return Wrong(text, absl::StrCat("is the second address of one IP version for ", agent.name));
  }
  data = address.ToString();
  return absl::OkStatus();
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// The first usable address of each IP version that `host` has.
absl::Status ResolveData(const std::string& host, AgentAddresses& agent) {
  const addrinfo hints{.ai_flags = 0,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot find host '", host, "': ", ::gai_strerror(error)));
  }
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof(text), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    const absl::StatusOr<IpAddress> address = IpAddress::Parse(text);  // not one with a zone
    if (!address.ok() || !address->CheckUnicast().ok()) continue;
    std::string& data = address->is_v4() ? agent.data_v4 : agent.data_v6;
    if (data.empty()) data = address->ToString();
  }
  if (!agent.data_v4.empty() || !agent.data_v6.empty()) return absl::OkStatus();
  return Wrong(host, "has no address that can carry data");
}

absl::StatusOr<AgentAddresses> ParseAgent(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  const std::pair<absl::string_view, absl::string_view> named =
      absl::StrSplit(parts[0], absl::MaxSplits('=', 1));
  AgentAddresses agent{.name = std::string(named.first),
                       .control = std::string(named.second),
                       .host = "",
                       .data_v4 = "",
                       .data_v6 = ""};
  if (agent.name != kRoles[0] && agent.name != kRoles[1]) {
    return Wrong(text, "begins with neither sender= nor receiver=");
  }
  ASSIGN_OR_RETURN(agent.host, HostOf(agent.control));
  for (size_t i = 1; i < parts.size(); ++i) {
    RETURN_IF_ERROR(Annotate(SetData(parts[i], agent), agent.name));
  }
  return agent;
}

}  // namespace

absl::StatusOr<std::vector<AgentAddresses>> ParseAgents(absl::string_view text) {
  std::vector<AgentAddresses> agents;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    ASSIGN_OR_RETURN(AgentAddresses agent, ParseAgent(part));
    agents.push_back(std::move(agent));
  }
  if (agents.size() == 2 && agents[0].name == kRoles[1]) std::swap(agents[0], agents[1]);
  if (agents.size() != 2 || agents[0].name != kRoles[0] || agents[1].name != kRoles[1]) {
    return Wrong(text, "does not name one sender and one receiver");
  }
  if (agents[0].control == agents[1].control) {
    return Wrong(text, "names one agent for both roles; a trial takes two");
  }
  for (AgentAddresses& agent : agents) {
    if (!agent.data_v4.empty() || !agent.data_v6.empty()) continue;
    RETURN_IF_ERROR(Annotate(ResolveData(agent.host, agent), agent.name));
  }
  return agents;
}

}  // namespace copycost
