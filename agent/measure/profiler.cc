#include "agent/measure/profiler.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/measure/perf_counters.h"
#include "agent/measure/program_symbols.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {
namespace {

// A power of two. An unprivileged user may have kernel.perf_event_mlock_kb of them for each CPU,
// 516 by default, and one page more.
constexpr size_t kRingBytes = 256 << 10;
constexpr size_t kMostStacks = 20'000;
constexpr char kOtherProgram[] = "[other program]";

struct Event {
  const char* name;
  uint32_t type;
  uint64_t config;
};

constexpr Event kCycles = {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES};
constexpr Event kClock = {"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK};

absl::StatusOr<UniqueFd> Sample(const Event& event, uint32_t cpu, uint32_t hz) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.freq = 1;
  attributes.sample_freq = hz;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN;
  attributes.disabled = 1;
  UniqueFd file(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1,
                                           static_cast<int>(cpu), -1, PERF_FLAG_FD_CLOEXEC)));
  if (file.valid()) return file;
  return WhyNotCounted(
      errno, {.pmu = event.type == PERF_TYPE_HARDWARE, .of_cpu = true, .with_kernel = true},
      PerfEventParanoid());
}

v1::Profile Absent(absl::string_view reason) {
  v1::Profile profile;
  profile.set_absent(std::string(reason));
  return profile;
}

// Names of what programs are made of, with those of the kernel before them.
class Names {
 public:
  explicit Names(std::vector<std::string> first) : names_(std::move(first)) {
    for (const std::string& name : names_) ids_.emplace(name, ids_.size());
  }

  uint32_t IdOf(const std::string& name) {
    const auto [found, is_new] = ids_.emplace(name, names_.size());
    if (is_new) names_.push_back(name);
    return found->second;
  }

  const std::vector<std::string>& all() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, uint32_t> ids_;
};

// The symbols of each process, read when they are first asked for.
class Programs {
 public:
  // Null where its maps cannot be understood.
  const ProgramSymbols* Of(const AgentProcess& agent) {
    auto found = programs_.find(agent.process);
    if (found == programs_.end()) {
      found = programs_.emplace(agent.process, ProgramSymbols::Of(agent.maps)).first;
    }
    return found->second.ok() ? &*found->second : nullptr;
  }

 private:
  std::map<int32_t, absl::StatusOr<ProgramSymbols>> programs_;
};

// All but the innermost are where a call returns to, which may be in the next function.
uint64_t CallOf(uint64_t address, bool innermost) { return innermost ? address : address - 1; }

// Chains follow frame pointers. Where somebody uses that register for something else, what follows
// is no code of anybody's.
void AddUserFrames(const ProgramSymbols& symbols, const std::vector<uint64_t>& addresses,
                   Names& names, v1::Stack& stack) {
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::string name = symbols.NameOf(CallOf(addresses[i], i == 0));
    if (name == ProgramSymbols::kNowhere) return;
    stack.add_frames(names.IdOf(name));
  }
}

// What differed in addresses alone is one stack.
std::vector<v1::Stack> Merged(std::vector<v1::Stack> stacks) {
  const auto key = [](const v1::Stack& stack) {
    return std::tuple(stack.runner(), stack.kernel_frames(),
                      std::vector<uint32_t>(stack.frames().begin(), stack.frames().end()));
  };
  std::map<decltype(key(stacks.front())), v1::Stack> merged;
  for (v1::Stack& stack : stacks) {
    v1::Stack& one = merged[key(stack)];
    const uint64_t samples = one.samples() + stack.samples();
    const uint64_t weight = one.weight() + stack.weight();
    one = std::move(stack);
    one.set_samples(samples);
    one.set_weight(weight);
  }
  std::vector<v1::Stack> all;
  all.reserve(merged.size());
  for (auto& [unused, stack] : merged) all.push_back(std::move(stack));
  std::stable_sort(all.begin(), all.end(), [](const v1::Stack& a, const v1::Stack& b) {
    return a.samples() > b.samples();
  });
  return all;
}

}  // namespace

Profiler::Mapping::~Mapping() {
  if (memory_ != nullptr) ::munmap(memory_, size_);
}

absl::StatusOr<std::unique_ptr<Profiler>> Profiler::Open(absl::Span<const uint32_t> cpus,
                                                         uint32_t hz) {
  if (cpus.empty()) return absl::NotFoundError("there is no CPU to sample");
  ASSIGN_OR_RETURN(KernelSymbols symbols, KernelSymbols::Read());
  const Event& event = Sample(kCycles, cpus.front(), hz).ok() ? kCycles : kClock;
  std::unique_ptr<Profiler> profiler(new Profiler(std::move(symbols), event.name, hz));
  for (const uint32_t cpu : cpus) {
    ASSIGN_OR_RETURN(UniqueFd file, Sample(event, cpu, hz));
    RETURN_IF_ERROR(profiler->AddCpu(std::move(file)));
  }
  return profiler;
}

absl::Status Profiler::AddCpu(UniqueFd file) {
  const size_t page = PageBytes();
  const size_t size = page + kRingBytes;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) {
    return absl::PermissionDeniedError(absl::StrCat(
        ErrnoStatus("mmap samples").message(),
        "; raise kernel.perf_event_mlock_kb, or the limit of locked memory (ulimit -l)"));
  }
  Mapping mapping(memory, size);
  const SampleRing ring(memory, absl::MakeSpan(static_cast<std::byte*>(memory) + page, kRingBytes));
  cpus_.push_back({.file = std::move(file), .mapping = std::move(mapping), .ring = ring});
  return absl::OkStatus();
}

absl::Status Profiler::Begin() {
  for (const Cpu& cpu : cpus_) {
    if (::ioctl(cpu.file.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
      return ErrnoStatus("enable samples");
  }
  return absl::OkStatus();
}

void Profiler::Drain() {
  TakeAll();
  VaryIntervals();
}

void Profiler::End() {
  for (const Cpu& cpu : cpus_) ::ioctl(cpu.file.get(), PERF_EVENT_IOC_DISABLE, 0);
  TakeAll();
}

void Profiler::TakeAll() {
  for (Cpu& cpu : cpus_) {
    cpu.ring.Read([this](const CpuSample& sample) { Take(sample); });
  }
}

// The kernel turns a frequency of its clock into an interval when the event is made, and keeps one
// of cycles. Where it refuses, the interval remains.
void Profiler::VaryIntervals() {
  std::uniform_real_distribution<double> factor(0.75, 1.25);
  for (const Cpu& cpu : cpus_) {
    const double even = event_ == kClock.name ? 1e9 / hz_ : hz_;
    uint64_t value = static_cast<uint64_t>(even * factor(random_));
    ::ioctl(cpu.file.get(), PERF_EVENT_IOC_PERIOD, &value);
  }
}

const AgentProcess* Profiler::AgentOf(int32_t process) const {
  const auto found = std::find_if(agents_.begin(), agents_.end(), [&](const AgentProcess& agent) {
    return process > 0 && agent.process == process;
  });
  return found == agents_.end() ? nullptr : &*found;
}

uint32_t Profiler::IdOf(absl::string_view name) {
  const auto found = ids_.find(name);
  if (found != ids_.end()) return found->second;
  names_.emplace_back(name);
  ids_.emplace(names_.back(), static_cast<uint32_t>(names_.size() - 1));
  return static_cast<uint32_t>(names_.size() - 1);
}

void Profiler::Take(const CpuSample& sample) {
  Chain chain = {.runner = v1::RUNNER_OTHER, .process = 0, .kernel = {}, .user = {}};
  for (size_t i = 0; i < sample.kernel.size(); ++i) {
    chain.kernel.push_back(IdOf(symbols_.NameOf(CallOf(sample.kernel[i], i == 0))));
  }
  if (const AgentProcess* agent = AgentOf(sample.process)) {
    const auto thread = agent->threads.find(sample.thread);
    chain.runner = thread == agent->threads.end() ? v1::RUNNER_AGENT : thread->second;
    chain.process = agent->process;
    chain.user = sample.user;
  } else if (!sample.user.empty()) {
    chain.user = {0};
  }
  Seen& seen = seen_[std::move(chain)];
  ++seen.samples;
  seen.weight += sample.weight;
}

v1::Profile Profiler::Tell() const {
  v1::Profile profile;
  profile.set_event(event_);
  profile.set_hz(hz_);
  profile.set_cpus(static_cast<uint32_t>(cpus_.size()));
  for (const Cpu& cpu : cpus_) {
    profile.set_lost_samples(profile.lost_samples() + cpu.ring.lost());
  }
  profile.set_sender_threads(0);
  profile.set_receiver_threads(0);
  for (const AgentProcess& agent : agents_) {
    for (const auto& [thread, runner] : agent.threads) {
      if (runner == v1::RUNNER_SENDER) profile.set_sender_threads(profile.sender_threads() + 1);
      if (runner == v1::RUNNER_RECEIVER) {
        profile.set_receiver_threads(profile.receiver_threads() + 1);
      }
    }
  }
  Names names(names_);
  Programs programs;
  std::vector<v1::Stack> stacks;
  for (const auto& [chain, seen] : seen_) {
    v1::Stack& stack = stacks.emplace_back();
    for (const uint32_t id : chain.kernel) stack.add_frames(id);
    stack.set_kernel_frames(static_cast<uint32_t>(chain.kernel.size()));
    stack.set_runner(chain.runner);
    stack.set_samples(seen.samples);
    stack.set_weight(seen.weight);
    const AgentProcess* const agent = AgentOf(chain.process);
    if (agent == nullptr) {
      if (!chain.user.empty()) stack.add_frames(names.IdOf(kOtherProgram));
    } else if (const ProgramSymbols* symbols = programs.Of(*agent)) {
      AddUserFrames(*symbols, chain.user, names, stack);
    }
  }
  const AgentProcess* const self = AgentOf(::getpid());
  if (learnt_ && self == nullptr) {
    return Absent(
        "/proc does not show this agent its own threads: whose work was seen cannot be told");
  }
  if (self != nullptr) {
    const ProgramSymbols* const symbols = programs.Of(*self);
    const auto own = reinterpret_cast<uint64_t>(&FindAgentProcesses);
    if (symbols == nullptr || absl::StartsWith(symbols->NameOf(own), "[")) {
      return Absent(
          "this copycost-agent has no symbols: its own work could not be told apart; use "
          "one that was not stripped");
    }
  }
  for (v1::Stack& stack : Merged(std::move(stacks))) {
    if (static_cast<size_t>(profile.stacks_size()) < kMostStacks) {
      *profile.add_stacks() = std::move(stack);
    } else {
      profile.set_omitted_samples(profile.omitted_samples() + stack.samples());
    }
  }
  for (const std::string& name : names.all()) profile.add_names(name);
  return profile;
}

}  // namespace copycost
