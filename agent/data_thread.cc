#include "agent/data_thread.h"

#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "agent/host_info.h"
#include "agent/measure/agent_processes.h"
#include "agent/patterns/streams.h"
#include "agent/transport/inet_socket.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

#ifndef __SANITIZE_THREAD__
// The descriptors between the two.
void CloseBetween(int low, int high) {
  if (low + 1 < high) {
    ::close_range(static_cast<unsigned>(low) + 1, static_cast<unsigned>(high) - 1, 0);
  }
}
#endif

// Gives the calling thread a table of open files of its own, with the standard streams and `files`
// in it. In a process of several threads the kernel counts references to a
// file in each system call on it, which costs tens of ns a call; for a thread that shares its table
// with nobody it does not (__fget_light in the kernel's fs/file.c). The others are closed at once:
// a copy of a descriptor would keep a connection open that another thread closes.
//
// Where this is refused (a seccomp filter that does not know close_range) the thread shares the
// process's table, as any other.
//
// ThreadSanitizer knows one table only: it would take descriptors of two threads for the same.
void LeaveSharedFileTable([[maybe_unused]] std::vector<int> files) {
#ifndef __SANITIZE_THREAD__
  std::sort(files.begin(), files.end());
  if (::close_range(static_cast<unsigned>(files.back()) + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0) {
    return;
  }
  int kept = STDERR_FILENO;
  for (const int file : files) {
    CloseBetween(kept, file);
    kept = std::max(kept, file);
  }
#endif
}

std::vector<int> SocketsOf(absl::Span<const std::unique_ptr<Flow>> flows) {
  std::vector<int> sockets;
  for (const auto& flow : flows) {
    const FlowSockets own = flow->sockets();
    sockets.push_back(own.data);
    if (own.control >= 0) sockets.push_back(own.control);
  }
  return sockets;
}

std::vector<std::unique_ptr<Flow>> MakeFlows(std::vector<Flow::Parts>& parts,
                                             const Flow::Trial& trial) {
  std::vector<std::unique_ptr<Flow>> flows;
  flows.reserve(parts.size());
  for (Flow::Parts& flow : parts) flows.push_back(std::make_unique<Flow>(std::move(flow), trial));
  return flows;
}

absl::Status OfFlow(const Flow& flow, const absl::Status& status) {
  return Annotate(status, absl::StrCat("flow ", flow.end().flow()));
}

// The CPU that the calling thread is then bound to.
absl::StatusOr<uint32_t> BindToCpu(uint32_t cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof(cpus), &cpus);
  if (error != 0) return ErrnoStatus(error, absl::StrCat("bind to CPU ", cpu));
  CPU_ZERO(&cpus);
  ::pthread_getaffinity_np(::pthread_self(), sizeof(cpus), &cpus);
  uint32_t bound = 0;
  for (uint32_t candidate = 0; candidate < CPU_SETSIZE; ++candidate) {
    if (CPU_ISSET(candidate, &cpus)) bound = candidate;
  }
  return bound;
}

}  // namespace

DataThread::DataThread(Options options)
    : options_(std::move(options)),
      flows_(MakeFlows(options_.flows, options_.trial)),
      thread_([this] { Main(); }) {}

DataThread::~DataThread() {
  Abort();
  Join();
}

void DataThread::Abort() {
  for (const auto& flow : flows_) flow->Abort();
}

void DataThread::Join() {
  options_.trial.gate.Advance(Phase::kStop);  // it may still wait for the start
  if (thread_.joinable()) thread_.join();
}

void DataThread::Main() {
  ::pthread_setname_np(::pthread_self(), DataThreadName(flows_.front()->end().role()));
  OpenCounters();
  LeaveSharedFileTable(DescriptorsToKeep());
  const std::vector<uint32_t> allowed = AllowedCpus();  // before this thread is bound to one
  const absl::Status prepared = Prepare(allowed);
  options_.on_ready(prepared);
  if (prepared.ok()) {
    options_.trial.gate.AwaitStart();
    options_.on_done(Run());
  }
  for (const auto& flow : flows_) flow->Close();
}

// While this thread shares the process's table of open files, in which others find them.
void DataThread::OpenCounters() {
  if (options_.counters == nullptr) return;
  counters_.emplace(*options_.counters, options_.events);
  flows_.front()->meter().Count(*counters_);
}

std::vector<int> DataThread::DescriptorsToKeep() const {
  std::vector<int> files = SocketsOf(flows_);
  if (!counters_) return files;
  for (const int file : counters_->Descriptors()) files.push_back(file);
  return files;
}

v1::ThreadCounts DataThread::counted() const {
  v1::ThreadCounts counts = counters_ ? counters_->Tell() : v1::ThreadCounts();
  counts.set_thread(options_.number);
  counts.set_role(flows_.front()->end().role());
  return counts;
}

// All flows meet their other ends before the first faults its buffers in: both sides come to each
// at the same time.
absl::Status DataThread::Prepare(absl::Span<const uint32_t> allowed_cpus) {
  const absl::StatusOr<uint32_t> cpu = BindToCpu(flows_.front()->end().cpu());
  if (!cpu.ok()) return Annotate(cpu.status(), absl::StrCat("data thread ", options_.number));
  for (const auto& flow : flows_) {
    RETURN_IF_ERROR(OfFlow(*flow, flow->Meet({.thread = options_.number, .cpu = *cpu})));
  }
  if (workload().placement() == v1::PLACEMENT_INCOMING_CPU && flows_.front()->receives()) {
    RETURN_IF_ERROR(OfFlow(*flows_.front(), FollowPackets(allowed_cpus)));
  }
  for (const auto& flow : flows_) RETURN_IF_ERROR(OfFlow(*flow, flow->Open()));
  if (flows_.size() == 1) return absl::OkStatus();
  for (const auto& flow : flows_) meters_.push_back(&flow->meter());
  meters_.front()->LookFor(meters_);
  return absl::OkStatus();
}

// To where the kernel takes them: it has had some, since the ends have met. Before buffers are
// made, which then lie where the thread is.
absl::Status DataThread::FollowPackets(absl::Span<const uint32_t> allowed_cpus) {
  Flow& flow = *flows_.front();
  const std::optional<uint32_t> incoming = IncomingCpu(flow.sockets().data);
  if (!incoming) {
    return absl::FailedPreconditionError(
        "the kernel does not tell where it takes the flow's packets (SO_INCOMING_CPU)");
  }
  if (std::find(allowed_cpus.begin(), allowed_cpus.end(), *incoming) == allowed_cpus.end()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "packets come in on CPU ", *incoming, ", which this agent may not use; let it (taskset, ",
        "the cpuset of its cgroup), or steer the NIC's interrupts (/proc/irq/*/smp_affinity)"));
  }
  ASSIGN_OR_RETURN(const uint32_t cpu, BindToCpu(*incoming));
  flow.FollowedPacketsTo(cpu);
  return absl::OkStatus();
}

absl::Status DataThread::Run() {
  Flow& first = *flows_.front();
  if (flows_.size() == 1) return OfFlow(first, RunAlone(first));
  RETURN_IF_ERROR(first.begins() ? Send() : Receive());
  for (const auto& flow : flows_) RETURN_IF_ERROR(OfFlow(*flow, flow->Conclude()));
  return absl::OkStatus();
}

absl::Status DataThread::RunAlone(Flow& flow) {
  RETURN_IF_ERROR(flow.Run());
  RETURN_IF_ERROR(flow.End(DrainDeadline()));
  return flow.Conclude();
}

absl::Status DataThread::Send() {
  std::vector<SendingFlow> sending;
  for (const auto& flow : flows_) sending.push_back(flow->sending_flow());
  RETURN_IF_ERROR(SendStreams(StreamOptionsOf(workload()), sending));
  const absl::Time deadline = DrainDeadline();
  for (const auto& flow : flows_) RETURN_IF_ERROR(OfFlow(*flow, flow->End(deadline)));
  return absl::OkStatus();
}

// Each flow ends when its stream does: the sender ends them one after the other, and waits for
// each.
absl::Status DataThread::Receive() {
  std::vector<ReceivingFlow> receiving;
  for (const auto& flow : flows_) {
    receiving.push_back(flow->receiving_flow());
    receiving.back().on_end = [&flow = *flow] { return flow.End(absl::InfiniteFuture()); };
  }
  return ReceiveStreams(StreamOptionsOf(workload()), receiving);
}

absl::Time DataThread::DrainDeadline() const { return MonotonicTime() + options_.drain_limit; }

}  // namespace copycost
