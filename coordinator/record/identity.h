// What must not change within a run, since its cells are compared with each other: the programs,
// and the hosts they run on. Addresses of control channels, boot ids and clocks may.
#ifndef COPYCOST_COORDINATOR_RECORD_IDENTITY_H_
#define COPYCOST_COORDINATOR_RECORD_IDENTITY_H_

#include <string>
#include <vector>

#include "copycost/v1/result.pb.h"

namespace copycost::record {

// In words, what of `now` is not as it was `before`: "sender: kernel 6.1.0-18, was 6.1.0-17".
// Empty: nothing.
std::vector<std::string> ChangesOf(const v1::Session& before, const v1::Session& now);
std::vector<std::string> ChangesOf(const v1::Description& before, const v1::Description& now);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_IDENTITY_H_
