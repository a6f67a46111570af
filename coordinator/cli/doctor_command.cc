// copycost doctor: what these hosts can measure, and how to enable what they cannot.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/doctor_text.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/fleet_examination.h"
#include "coordinator/cli/fleet_flags.h"
#include "coordinator/cli/output.h"
#include "coordinator/cli/session.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/report/json_lines.h"

namespace copycost {
namespace {

struct DoctorFlags {
  explicit DoctorFlags(CLI::App& app) : fleet(app) {
    app.add_flag("-J,--json", json, "JSON lines on stdout: one a check, and a last one");
    app.add_flag("--share-host", share_host, "try trials although a run measures on this host");
  }

  FleetFlags fleet;
  bool json = false;
  bool share_host = false;
};

// InvalidArgument for flags that will not do; all else is part of the report.
absl::StatusOr<DoctorReport> Examine(const DoctorFlags& flags) {
  const bool in_namespaces = flags.fleet.kind() == v1::TOPOLOGY_KIND_NAMESPACES;
  const auto topology = flags.fleet.MakeTopology(flags.fleet.kind());
  if (absl::IsInvalidArgument(topology.status())) return topology.status();
  if (!topology.ok()) return WithoutFleet(in_namespaces, topology.status());
  absl::StatusOr<Fleet> fleet = (*topology)->Up();
  if (absl::IsInvalidArgument(fleet.status())) return fleet.status();
  if (!fleet.ok()) return WithoutFleet(in_namespaces, fleet.status());
  FleetExamination examination{.in_namespaces = in_namespaces,
                               .tls = flags.fleet.tls(),
                               .own_boot_id = OwnBootId(),
                               .holder = Holder(),
                               .lock_host = nullptr};
  if (!flags.share_host) examination.lock_host = [] { return HostLock::Take(Holder()); };
  RealClock clock;
  return ExamineFleet(clock, *std::move(fleet), examination);
}

std::string JsonLines(const DoctorReport& report, int exit_code) {
  std::string lines;
  for (const Examined& part : report.parts) {
    for (const v1::Check& check : part.checks) lines += report::CheckLine(part.subject, check);
  }
  return lines + report::DoctorLine(report.verdict, exit_code);
}

int Doctor(const DoctorFlags& flags) {
  const absl::StatusOr<DoctorReport> report = Examine(flags);
  if (!report.ok()) {
    Log(report.status().message());
    return ExitCodeOf(report.status());
  }
  const int code = report->can_run ? kExitDone : kExitNotStarted;
  const int printed = PrintAnswer(flags.json ? JsonLines(*report, code)
                                             : DoctorText(*report, WidthOf(STDOUT_FILENO)));
  return printed == kExitDone ? code : printed;
}

}  // namespace

Command AddDoctorCommand(CLI::App& app) {
  CLI::App& command = *app.add_subcommand(
      "doctor", "what these hosts can measure, and how to enable what they cannot");
  auto flags = std::make_shared<DoctorFlags>(command);
  return {.app = &command, .execute = [flags] { return Doctor(*flags); }};
}

}  // namespace copycost
