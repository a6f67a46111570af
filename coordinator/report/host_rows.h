// What the hosts of a run tell of themselves, as rows of named fields: the rows of hosts.csv.
#ifndef COPYCOST_COORDINATOR_REPORT_HOST_ROWS_H_
#define COPYCOST_COORDINATOR_REPORT_HOST_ROWS_H_

#include <vector>

#include "coordinator/record/attempt_row.h"

namespace copycost::report {

// A row for each thing that an agent tells of its host in a session. Always the same names.
std::vector<record::Row> HostRows(const v1::RunRecord& run);

}  // namespace copycost::report

#endif  // COPYCOST_COORDINATOR_REPORT_HOST_ROWS_H_
