#include "coordinator/analysis/latest_attempts.h"

#include <map>
#include <string>

namespace copycost::analysis {

std::vector<const v1::TrialRecord*> LatestAttempts(const record::Run& run) {
  std::map<std::string, const v1::TrialRecord*> latest;
  for (const v1::TrialRecord& attempt : run.attempts) {
    const v1::TrialRecord*& seen = latest[attempt.trial_id()];
    if (seen == nullptr || seen->attempt() < attempt.attempt()) seen = &attempt;
  }
  std::vector<const v1::TrialRecord*> attempts;
  attempts.reserve(latest.size());
  for (const auto& [trial_id, attempt] : latest) attempts.push_back(attempt);
  return attempts;
}

}  // namespace copycost::analysis
