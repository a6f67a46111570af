#include "coordinator/cli/progress.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/mode_traits.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/record/metrics.h"

namespace copycost {
namespace {

std::string NameOf(const v1::Plan& plan, const v1::TrialRecord& attempt) {
  if (attempt.purpose() == v1::PURPOSE_VERIFY) {
    return absl::StrCat("verifying ", Label(attempt.workload().send_mode()), " to ",
                        Label(attempt.workload().receive_mode()), ", ",
                        FormatBytes(attempt.workload().message_bytes()));
  }
  return plan.cells(static_cast<int>(attempt.cell_id()) - 1).label();
}

// What the attempt found, in one figure.
std::string FigureOf(const v1::TrialRecord& attempt) {
  const bool exchanges = Exchanges(attempt.workload().pattern());
  const absl::string_view column = exchanges ? "rr_latency_p50_us" : "goodput_gbps";
  for (const record::Metric& metric : record::Metrics()) {
    if (metric.column != column) continue;
    const absl::StatusOr<double> value = metric.of(attempt);
    if (value.ok()) return absl::StrFormat("  %.3g %s", *value, exchanges ? "us" : "Gbit/s");
  }
  return "";
}

}  // namespace

Progress::Progress(const Clock& clock, const v1::Plan& plan, const Options& options)
    : clock_(clock),
      plan_(plan),
      options_(options),
      began_(clock.Now()),
      total_(TrialCount(plan)),
      done_(options.done) {}

Progress::~Progress() {
  if (line_open_) std::fputs("\r\033[K", stderr);
}

void Progress::Tell(const v1::TrialRecord& attempt, bool over, uint64_t passed_over) {
  if (over) ++done_;
  total_ = TrialCount(plan_) - passed_over;
  const std::string name = NameOf(plan_, attempt);
  if (attempt.outcome() != v1::OUTCOME_OK) {
    Print(absl::StrCat(attempt.trial_id(), " (", name, ") attempt ", attempt.attempt(), " ",
                       Label(attempt.outcome()), ": ", attempt.reason()));
  }
  if (options_.live) {
    Show(absl::StrCat(Position(attempt), "  ", TimeLeft(), "  ", name, FigureOf(attempt)));
  } else if (attempt.block() != told_block_) {
    told_block_ = attempt.block();
    Print(absl::StrCat("block ", attempt.block(), " of ", plan_.experiment().repeats(), ", ",
                       TimeLeft()));
  }
}

std::string Progress::Position(const v1::TrialRecord& attempt) const {
  std::string position = absl::StrCat(done_, "/", total_);
  if (attempt.block() == 0) return position;
  return absl::StrCat(position, "  block ", attempt.block(), "/", plan_.experiment().repeats());
}

std::string Progress::TimeLeft() const {
  if (done_ >= total_) return "nearly done";
  // Verifications take another time than trials; what the plan says corrects for them at the start.
  const absl::Duration per_trial =
      (clock_.Now() - began_) / static_cast<int64_t>(std::max<uint64_t>(done_ - options_.done, 1));
  const absl::Duration planned =
      EstimateDuration(plan_) / static_cast<int64_t>(std::max<uint64_t>(TrialCount(plan_), 1));
  return absl::StrCat(FormatRoughly(std::max(per_trial, planned) * (total_ - done_)), " left");
}

void Progress::Show(absl::string_view line) {
  const std::string cut(line.substr(0, std::max<size_t>(options_.width, 1) - 1));
  std::fputs(absl::StrCat("\r\033[K", cut).c_str(), stderr);
  line_open_ = true;
}

void Progress::Print(absl::string_view line) {
  std::fputs(absl::StrCat(line_open_ ? "\r\033[K" : "", line, "\n").c_str(), stderr);
  line_open_ = false;
}

}  // namespace copycost
