// What checks ask of the kernel. A seam: RealKernel asks the one this process runs on,
// tests/testing/fake_kernel.h answers as it is told.
//
// Nothing stays of what is tried: it is done by threads, sockets and counters that end with the
// call. Safe to call from any thread.
#ifndef COPYCOST_AGENT_CHECKS_KERNEL_H_
#define COPYCOST_AGENT_CHECKS_KERNEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/measure/counters.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

class Kernel {
 public:
  virtual ~Kernel() = default;

  // The first 4 KiB of a file below /proc, without white space around it. NotFound where this
  // kernel, or this network namespace, does not have it.
  virtual absl::StatusOr<std::string> Read(const std::string& path) const = 0;

  // In bytes; absent: unlimited (as LockedMemoryLimit of host_info.h).
  virtual std::optional<uint64_t> LockedMemory() const = 0;
  virtual absl::StatusOr<uint64_t> AvailableMemory() const = 0;
  // The descriptors that this process may have.
  virtual absl::StatusOr<uint64_t> OpenFiles() const = 0;

  // CPUs that this process may use, in order.
  virtual std::vector<uint32_t> Cpus() const = 0;
  virtual absl::Status BindTo(uint32_t cpu) const = 0;
  // See measure/punctuality.h.
  virtual absl::Status TakeRealTimePriority() const = 0;
  virtual absl::Status TakeShortSlice() const = 0;

  // Sets a TCP congestion control, by the name that the kernel lists it under, on a socket.
  virtual absl::Status SetCongestion(absl::string_view name) const = 0;
  // Whether an IPv6 socket can have an address at all.
  virtual absl::Status BindIpv6Loopback() const = 0;
  // Listens on a data address, and tells the interface that has it.
  virtual absl::StatusOr<v1::DataInterface> InterfaceOf(absl::string_view address) const = 0;
  // Whether this process may change an interface: by asking for an MTU that no device takes.
  virtual absl::Status TryToSetLink(const v1::DataInterface& interface) const = 0;

  // What an event counts of some microseconds of this thread's work. Errors are those of
  // CounterSource (measure/counters.h).
  struct Counted {
    uint64_t value;
    bool user_only;
  };
  virtual absl::StatusOr<Counted> Count(const std::string& event,
                                        const CounterTarget& target) const = 0;
};

class RealKernel final : public Kernel {
 public:
  absl::StatusOr<std::string> Read(const std::string& path) const override;
  std::optional<uint64_t> LockedMemory() const override;
  absl::StatusOr<uint64_t> AvailableMemory() const override;
  absl::StatusOr<uint64_t> OpenFiles() const override;
  std::vector<uint32_t> Cpus() const override;
  absl::Status BindTo(uint32_t cpu) const override;
  absl::Status TakeRealTimePriority() const override;
  absl::Status TakeShortSlice() const override;
  absl::Status SetCongestion(absl::string_view name) const override;
  absl::Status BindIpv6Loopback() const override;
  absl::StatusOr<v1::DataInterface> InterfaceOf(absl::string_view address) const override;
  absl::Status TryToSetLink(const v1::DataInterface& interface) const override;
  absl::StatusOr<Counted> Count(const std::string& event,
                                const CounterTarget& target) const override;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_CHECKS_KERNEL_H_
