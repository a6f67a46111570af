// How a run goes, on stderr: one live line on a terminal, plain lines elsewhere.
#ifndef COPYCOST_COORDINATOR_CLI_PROGRESS_H_
#define COPYCOST_COORDINATOR_CLI_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "copycost/v1/result.pb.h"

namespace copycost {

class Progress {
 public:
  struct Options {
    uint64_t done = 0;  // trials that were over before
    bool live = false;  // stderr is a terminal of `width` columns
    size_t width = 80;
  };

  // `plan` outlives this.
  Progress(const Clock& clock, const v1::Plan& plan, const Options& options);
  // Leaves the cursor on a fresh line.
  ~Progress();

  // After every stored attempt. `over`: the trial is. `passed_over`: as many of the plan's trials
  // will not be made (Schedule::PassedOver).
  void Tell(const v1::TrialRecord& attempt, bool over, uint64_t passed_over);

  // Something that is no attempt, on a line of its own.
  void Say(absl::string_view line) { Print(line); }

 private:
  std::string TimeLeft() const;
  std::string Position(const v1::TrialRecord& attempt) const;
  void Show(absl::string_view line);
  void Print(absl::string_view line);

  const Clock& clock_;
  const v1::Plan& plan_;
  const Options options_;
  const absl::Time began_;
  uint64_t total_;
  uint64_t done_;
  uint32_t told_block_ = 0;
  bool line_open_ = false;
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_PROGRESS_H_
