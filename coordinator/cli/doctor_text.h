// What doctor found, for people.
//
//   sender and receiver
//     ok       send mode two-copy: works
//     limited  priority: sched_setscheduler SCHED_FIFO: Operation not permitted: ...
//              remedy: sudo prlimit --pid $$ --rtprio=1, ...
#ifndef COPYCOST_COORDINATOR_CLI_DOCTOR_TEXT_H_
#define COPYCOST_COORDINATOR_CLI_DOCTOR_TEXT_H_

#include <cstddef>
#include <string>

#include "coordinator/cli/doctor_report.h"

namespace copycost {

// A section for each part, in lines of at most `width` (a single word may stick out); what two
// neighbours have alike comes once, in a section of both. Then how many checks there were of each
// state, and the verdict.
std::string DoctorText(const DoctorReport& report, size_t width);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_DOCTOR_TEXT_H_
