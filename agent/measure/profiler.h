// Samples of what each CPU of the host does, folded into chains of named functions.
//
//   ASSIGN_OR_RETURN(std::unique_ptr<Profiler> profiler, Profiler::Open(cpus, 199));
//   profiler->LearnThreads();
//   profiler->Begin();
//   profiler->Drain();     // now and then, before the kernel runs out of room
//   profiler->End();
//   *finished.mutable_profile() = profiler->Tell();
#ifndef COPYCOST_AGENT_MEASURE_PROFILER_H_
#define COPYCOST_AGENT_MEASURE_PROFILER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/measure/agent_processes.h"
#include "agent/measure/kernel_symbols.h"
#include "agent/measure/sample_ring.h"
#include "common/fd.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// For one thread at a time. Open and Tell take long, where a host is slow: they read the symbols of
// the kernel, and of programs.
class Profiler {
 public:
  // Cycles where there is a PMU, else the clock. NotFound or PermissionDenied, with what would
  // permit it, where a CPU cannot be sampled or the kernel hides its functions.
  static absl::StatusOr<std::unique_ptr<Profiler>> Open(absl::Span<const uint32_t> cpus,
                                                        uint32_t hz);

  // Whose threads there are, once those of all agents are; the others count as other programs'.
  void LearnThreads() {
    agents_ = FindAgentProcesses();
    learnt_ = true;
  }

  absl::Status Begin();
  // At least each second: the kernel has room for a few seconds' samples of a CPU, if they come 199
  // times a second. Each time another interval between samples is chosen, up to a quarter longer or
  // shorter: data threads go through the same calls again and again, and samples in step with that
  // would all fall on one of them.
  void Drain();
  void End();

  // After End.
  v1::Profile Tell() const;

 private:
  class Mapping {
   public:
    Mapping(void* memory, size_t size) : memory_(memory), size_(size) {}
    ~Mapping();
    Mapping(Mapping&& other) noexcept : memory_(other.memory_), size_(other.size_) {
      other.memory_ = nullptr;
    }
    Mapping& operator=(Mapping&&) = delete;
    void* get() const { return memory_; }

   private:
    void* memory_;
    size_t size_;
  };

  struct Cpu {
    UniqueFd file;
    Mapping mapping;
    SampleRing ring;
  };

  // What samples have in common that count as one stack.
  struct Chain {
    v1::Runner runner;
    int32_t process;  // whose addresses `user` has; 0 where they are not looked up
    std::vector<uint32_t> kernel;
    std::vector<uint64_t> user;

    bool operator<(const Chain& other) const {
      return std::tie(runner, process, kernel, user) <
             std::tie(other.runner, other.process, other.kernel, other.user);
    }
  };

  struct Seen {
    uint64_t samples = 0;
    uint64_t weight = 0;
  };

  Profiler(KernelSymbols symbols, std::string event, uint32_t hz)
      : symbols_(std::move(symbols)), event_(std::move(event)), hz_(hz) {}

  absl::Status AddCpu(UniqueFd file);
  void TakeAll();
  void VaryIntervals();
  void Take(const CpuSample& sample);
  const AgentProcess* AgentOf(int32_t process) const;
  uint32_t IdOf(absl::string_view name);

  const KernelSymbols symbols_;
  const std::string event_;
  const uint32_t hz_;
  std::mt19937 random_{std::random_device{}()};
  std::vector<Cpu> cpus_;
  std::vector<AgentProcess> agents_;
  bool learnt_ = false;
  std::map<std::string, uint32_t, std::less<>> ids_;  // of the kernel's functions that were seen
  std::vector<std::string> names_;                    // by id
  std::map<Chain, Seen> seen_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_PROFILER_H_
