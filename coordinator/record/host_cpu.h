// What the hosts of an attempt spent per byte, each host once: agents that share a boot id share a
// host, and each of them read the same /proc/stat.
//
// A host with a receiver among its agents is divided by what was taken there (the receiver's
// reading and window), a host that only sends by what was accepted there; the two sums are added.
// For one host that is busy time per byte taken; for a pair, incast, both directions or all-to-all,
// what a byte cost where it was sent plus what it cost where it arrived.
#ifndef COPYCOST_COORDINATOR_RECORD_HOST_CPU_H_
#define COPYCOST_COORDINATOR_RECORD_HOST_CPU_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "copycost/v1/result.pb.h"

namespace copycost::record {

// Nanoseconds of busy CPU per byte in the window.
absl::StatusOr<double> HostCpuNsPerByte(const v1::TrialRecord& trial);

// Of each host, by boot id: their sum is the above.
absl::StatusOr<std::map<std::string, double>> HostCpuNsPerByteOfEach(const v1::TrialRecord& trial);

// What one step of the kernel's accounting changes in the above.
absl::StatusOr<double> HostCpuResolutionNsPerByte(const v1::TrialRecord& trial);

// Of all CPU time of the hosts between the two readings, the share that was stolen: a virtual CPU
// had work and its hypervisor ran something else. 0 on hardware.
absl::StatusOr<double> HostStealShare(const v1::TrialRecord& trial);

// CPU time in interrupts and softirqs, as a share of the hosts' busy time. Softirq work that the
// kernel does in a thread's name is in it, too: it says where time went, not whose it was.
absl::StatusOr<double> HostSoftirqShare(const v1::TrialRecord& trial);

// How busy the busiest CPU of all hosts was, as a share of its time.
absl::StatusOr<double> BusiestCpuShare(const v1::TrialRecord& trial);

// How often softirqs of a kind ("NET_RX") ran, on all hosts.
absl::StatusOr<double> Softirqs(const v1::TrialRecord& trial, absl::string_view kind);

}  // namespace copycost::record

#endif  // COPYCOST_COORDINATOR_RECORD_HOST_CPU_H_
