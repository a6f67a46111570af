// What of the hosts was not as it was while a run went on, and what they did beside it.
#ifndef COPYCOST_COORDINATOR_RECORD_HOST_CHANGES_H_
#define COPYCOST_COORDINATOR_RECORD_HOST_CHANGES_H_

#include <optional>
#include <string>
#include <vector>

#include "copycost/v1/result.pb.h"

namespace copycost::record {

// In words, each fact that is another one now: "microcode 0x2, was 0x1". Of facts that both tell:
// what is not told now is no change, since an agent of another user may see less.
std::vector<std::string> FactChanges(const google::protobuf::RepeatedPtrField<v1::Fact>& before,
                                     const google::protobuf::RepeatedPtrField<v1::Fact>& now);

// Of the whole run: what of hosts was not the same at the start and the end of a session, settings
// that were others when the next one began, and CPUs that were slowed down since they were hot:
// "while session 1 went on, sender, receiver: net.core.rmem_max 425984, was 212992". Empty:
// nothing, or it is not known.
std::vector<std::string> SettingChanges(const v1::RunRecord& run);

// Shares of the CPU time of all of a host's CPUs.
struct CpuUse {
  double busy = 0;
  double stolen = 0;
};

// Between two readings of one host; absent where either is not there. By idle time, as
// trial.proto's HostCpu.
std::optional<CpuUse> CpuUseBetween(const v1::CpuReading& open, const v1::CpuReading& close);

// The share that the busiest host spent on something else, right before the session.
std::optional<double> IdleBusyShare(const v1::Session& session);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_HOST_CHANGES_H_
