#include "coordinator/cli/carry_out.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/status.h"
#include "coordinator/cli/conclusion.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/session.h"
#include "coordinator/cli/signals.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/drive/trial_driver.h"
#include "coordinator/experiment/event_groups.h"
#include "coordinator/report/json_lines.h"

namespace copycost {
namespace {

uint64_t OverIn(const std::vector<PastAttempt>& history) {
  uint64_t over = 0;
  for (const PastAttempt& attempt : history) over += IsOver(attempt) ? 1 : 0;
  return over;
}

class Trials {
 public:
  // All outlive this.
  Trials(RunSession& session, Clock& clock, ResultStream& results)
      : session_(session),
        results_(results),
        schedule_(session.info.plan()),
        progress_(std::in_place, clock, session.info.plan(),
                  Progress::Options{.done = OverIn(session.history),
                                    .live = IsTerminal(STDERR_FILENO),
                                    .width = WidthOf(STDERR_FILENO)}),
        driver_(clock, session.claim.fleet.agents,
                {.hold = HoldRequestOf(session.info),
                 .session = static_cast<uint32_t>(session.info.sessions_size()),
                 .events = GroupEvents(session.info.plan().experiment()),
                 .ledger_hz = session.info.plan().experiment().ledger_hz(),
                 .on_waiting = [this](absl::string_view what) { progress_->Say(what); }}),
        signals_([this] { driver_.Interrupt(); }) {
    for (const PastAttempt& attempt : session.history) schedule_.Record(attempt);
  }

  // Until none is left or a signal has come; else the fault that stopped them. A reader of JSON
  // lines who has gone (`| head`) is one: nobody wants the rest, and what was measured is kept.
  Ending Run() {
    absl::Status measured;
    while (measured.ok() && signals_.received() == 0) {
      const std::optional<TrialOrder> order = schedule_.Next({});
      if (!order.has_value()) break;
      measured = RunTrial(*order);
    }
    const int signal = signals_.received();
    progress_.reset();
    if (signal != 0 && absl::IsCancelled(measured)) measured = absl::OkStatus();
    return {.measured = measured, .signal = signal};
  }

 private:
  absl::Status RunTrial(const TrialOrder& order) {
    ASSIGN_OR_RETURN(
        const v1::TrialRecord last,
        driver_.Run(order, [this](const v1::TrialRecord& attempt) { return Keep(attempt); }));
    if (!last.transport_failure()) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("trial ", last.trial_id(), " could not be carried out: ", last.reason()));
  }

  absl::Status Keep(const v1::TrialRecord& attempt) {
    RETURN_IF_ERROR(session_.writer->Append(attempt));
    const PastAttempt past = PastAttemptOf(attempt);
    schedule_.Record(past);
    progress_->Tell(attempt, IsOver(past), schedule_.PassedOver());
    if (!session_.json) return absl::OkStatus();
    return results_.Write(report::TrialLine(session_.info, attempt));
  }

  RunSession& session_;
  ResultStream& results_;
  Schedule schedule_;
  std::optional<Progress> progress_;
  TrialDriver driver_;
  SignalWatch signals_;  // for as long as this lives: a second signal ends whatever comes after
};

}  // namespace

int CarryOut(RunSession session) {
  ResultStream results(stdout);
  RealClock clock;
  Trials trials(session, clock, results);
  const Ending ending = trials.Run();
  InspectAfter(session.claim.fleet.agents, *session.info.mutable_sessions()->rbegin());
  if (const absl::Status stored = session.writer->Update(session.info); !stored.ok()) {
    Log(stored.message());
  }
  session.writer.reset();
  session.claim.fleet.agents.clear();  // leases and channels, while the agents live
  session.claim.fleet.topology.reset();
  return Conclude(session.directory, ending, session.json, results);
}

}  // namespace copycost
