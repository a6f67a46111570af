// A kernel that answers as it is told. By default it permits everything.
#ifndef COPYCOST_TESTS_TESTING_FAKE_KERNEL_H_
#define COPYCOST_TESTS_TESTING_FAKE_KERNEL_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/checks/kernel.h"

namespace copycost::testing {

class FakeKernel final : public Kernel {
 public:
  FakeKernel() {
    interface.set_name("eth0");
    interface.set_driver("e1000e");
    interface.set_mtu(1500);
    interface.set_scatter_gather(true);
  }

  absl::StatusOr<std::string> Read(const std::string& path) const override {
    const auto file = files.find(path);
    if (file != files.end()) return file->second;
    return absl::NotFoundError(absl::StrCat("open ", path, ": No such file or directory"));
  }
  std::optional<uint64_t> LockedMemory() const override { return locked_memory; }
  absl::StatusOr<uint64_t> AvailableMemory() const override { return available_memory; }
  absl::StatusOr<uint64_t> OpenFiles() const override { return open_files; }
  std::vector<uint32_t> Cpus() const override { return cpus; }
  absl::Status BindTo(uint32_t cpu) const override {
    return cpu == refused_cpu ? absl::PermissionDeniedError("bind: refused") : absl::OkStatus();
  }
  absl::Status TakeRealTimePriority() const override { return real_time; }
  absl::Status TakeShortSlice() const override { return slice; }
  absl::Status SetCongestion(absl::string_view name) const override {
    congestion_tried.emplace_back(name);
    return congestion;
  }
  absl::Status BindIpv6Loopback() const override { return ipv6; }
  absl::StatusOr<v1::DataInterface> InterfaceOf(absl::string_view) const override {
    if (!address.ok()) return address;
    return interface;
  }
  absl::Status TryToSetLink(const v1::DataInterface&) const override { return same_mtu; }
  absl::StatusOr<Counted> Count(const std::string& event,
                                const CounterTarget& target) const override {
    return count(event, target);
  }

  std::map<std::string, std::string> files = {
      {"/proc/sys/net/core/optmem_max", "131072"},
      {"/proc/sys/net/ipv4/tcp_no_metrics_save", "1"},
      {"/proc/sys/net/ipv4/tcp_available_congestion_control", "reno cubic bbr"},
      {"/proc/sys/net/ipv4/tcp_allowed_congestion_control", "reno cubic"},
      {"/proc/sys/kernel/perf_event_paranoid", "2"},
      {"/proc/kallsyms", "ffffffff81000000 T _text\nffffffff81000001 T x"},
  };
  std::optional<uint64_t> locked_memory;
  absl::StatusOr<uint64_t> available_memory = uint64_t{8} << 30;
  absl::StatusOr<uint64_t> open_files = 20000;
  std::vector<uint32_t> cpus = {0, 1, 2, 3};
  std::optional<uint32_t> refused_cpu;
  absl::Status real_time;
  absl::Status slice;
  absl::Status congestion;
  absl::Status ipv6;
  absl::Status address;
  v1::DataInterface interface;
  absl::Status same_mtu;
  std::function<absl::StatusOr<Counted>(const std::string&, const CounterTarget&)> count =
      [](const std::string&, const CounterTarget&) {
        return Counted{.value = 1000, .user_only = false};
      };
  mutable std::vector<std::string> congestion_tried;
};

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_FAKE_KERNEL_H_
