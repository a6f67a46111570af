// What doctor found, for people (doctor_text.h) and for programs (report/json_lines.h).
#ifndef COPYCOST_COORDINATOR_CLI_DOCTOR_REPORT_H_
#define COPYCOST_COORDINATOR_CLI_DOCTOR_REPORT_H_

#include <string>
#include <vector>

#include "copycost/v1/diagnosis.pb.h"

namespace copycost {

// One part of what a run relies on: "this host", "sender", "receiver", "data path".
struct Examined {
  std::string subject;
  std::vector<v1::Check> checks;
};

struct DoctorReport {
  std::vector<Examined> parts;
  bool can_run = false;  // with what was found limited or missing
  std::string verdict;   // a sentence: whether a run can be made, and if not, why
};

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_DOCTOR_REPORT_H_
