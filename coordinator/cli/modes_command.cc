// copycost modes: what the axes that depend on the hosts can be, and why not more.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/log.h"
#include "common/words.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/fleet_flags.h"
#include "coordinator/cli/fleet_limits.h"
#include "coordinator/cli/output.h"
#include "copycost/v1/copy_mode.pb.h"

namespace copycost {
namespace {

template <typename Mode>
std::string Section(absl::string_view title, const std::map<Mode, std::string>& missing) {
  int widest = 0;
  for (const Mode mode : AllValues<Mode>())
    widest = std::max(widest, static_cast<int>(Label(mode).size()));
  std::string text = absl::StrCat(title, "\n");
  for (const Mode mode : AllValues<Mode>()) {
    const auto reason = missing.find(mode);
    const bool available = reason == missing.end();
    absl::StrAppendFormat(&text, "  %-*s  %-10s %s\n", widest, Label(mode),
                          available ? "available" : "missing",
                          DescriptionOf(*google::protobuf::GetEnumDescriptor<Mode>(), mode));
    if (!available) absl::StrAppendFormat(&text, "  %*s  %s\n", widest, "", reason->second);
  }
  return text;
}

// The modes that one side has, and not over `transport`, each with its reason.
template <typename Mode>
std::string ModesNotOver(v1::Transport transport,
                         const std::map<std::pair<v1::Transport, Mode>, std::string>& missing) {
  std::string text;
  for (const auto& [over, reason] : missing) {
    if (over.first != transport) continue;
    absl::StrAppend(&text, "    ", Label(over.second), ": ", reason, "\n");
  }
  return text;
}

// As Section, with the modes that do not go over a transport below it.
std::string Transports(const HostLimits& limits) {
  std::string text = "transports (--transport)\n";
  for (const v1::Transport transport : AllValues<v1::Transport>()) {
    const auto reason = limits.missing_transports.find(transport);
    const bool available = reason == limits.missing_transports.end();
    absl::StrAppendFormat(&text, "  %-5s %-10s %s\n", Label(transport),
                          available ? "available" : "missing",
                          DescriptionOf(*v1::Transport_descriptor(), transport));
    if (!available) {
      absl::StrAppend(&text, "    ", reason->second, "\n");
      continue;
    }
    absl::StrAppend(&text, ModesNotOver(transport, limits.missing_send_modes_over),
                    ModesNotOver(transport, limits.missing_receive_modes_over));
  }
  return text;
}

// Those that are there over no IP version that the data path has.
std::map<v1::Placement, std::string> MissingPlacements(const HostLimits& limits) {
  std::vector<v1::IpVersion> versions = {v1::IP_VERSION_UNSPECIFIED};
  for (const v1::IpVersion version : AllValues<v1::IpVersion>()) {
    if (limits.missing_ip_versions.count(version) == 0) versions.push_back(version);
  }
  std::map<v1::Placement, std::string> missing;
  for (const v1::Placement placement : AllValues<v1::Placement>()) {
    for (const v1::IpVersion version : versions) {
      const auto reason = limits.missing_placements.find({placement, version});
      if (reason == limits.missing_placements.end()) {
        missing.erase(placement);
        break;
      }
      missing[placement] = reason->second;
    }
  }
  return missing;
}

int Modes(const FleetFlags& flags) {
  const absl::StatusOr<RunningFleet> fleet = flags.BringUp(flags.kind());
  if (!fleet.ok()) {
    Log(fleet.status().message());
    return ExitCodeOf(fleet.status());
  }
  const HostLimits limits = LimitsOf(fleet->agents);
  return PrintAnswer(absl::StrCat(
      Section("send modes (--send)", limits.missing_send_modes), "\n",
      Section("receive modes (--receive)", limits.missing_receive_modes), "\n", Transports(limits),
      "\n", Section("huge pages (--huge-pages)", limits.missing_huge_pages), "\n",
      Section("placements (--placement)", MissingPlacements(limits))));
}

}  // namespace

Command AddModesCommand(CLI::App& app) {
  CLI::App& command = *app.add_subcommand(
      "modes", "every copy mode, transport and placement, and whether this host has it");
  auto flags = std::make_shared<FleetFlags>(command);
  return {.app = &command, .execute = [flags] { return Modes(*flags); }};
}

}  // namespace copycost
