// experiment.textproto: what a run did, as a file that asks for it again.
#ifndef COPYCOST_COORDINATOR_REPORT_EXPERIMENT_FILE_H_
#define COPYCOST_COORDINATOR_REPORT_EXPERIMENT_FILE_H_

#include <string>

#include "copycost/v1/experiment.pb.h"

namespace copycost::report {

// Textproto of the experiment as resolved, seed included.
std::string ExperimentTextproto(const v1::Experiment& experiment);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_EXPERIMENT_FILE_H_
