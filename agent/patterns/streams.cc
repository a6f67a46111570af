#include "agent/patterns/streams.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/patterns/readiness.h"
#include "agent/patterns/send_step.h"
#include "agent/send_modes/error_queue.h"
#include "common/clock.h"
#include "common/status.h"

namespace copycost {
namespace {

// How long a sender that waits goes without looking at the gate, and at flows that are held.
constexpr int kLookMs = 10;
constexpr int kForever = -1;

absl::Status OfFlow(uint32_t number, const absl::Status& status) {
  return Annotate(status, absl::StrCat("flow ", number));
}

// A flow of which a message can be sent is watched for room in its socket. One that is held, since
// something else has to come first, is watched for that alone: a socket with room would else be
// shown again and again.
class StreamsSender {
 public:
  StreamsSender(const StreamOptions& options, absl::Span<const SendingFlow> flows,
                Readiness readiness)
      : options_(options), readiness_(std::move(readiness)), open_(flows.size()) {
    const uint64_t most =
        options.messages > 0 ? options.messages : std::numeric_limits<uint64_t>::max();
    for (const SendingFlow& flow : flows) flows_.push_back({.end = flow, .left = most});
  }

  // What a flow may be watched by: its socket, its completions, its credit.
  static constexpr size_t kDescriptors = 3;

  absl::Status Run() {
    RETURN_IF_ERROR(WatchAll());
    while (open_ > 0) {
      ASSIGN_OR_RETURN(const absl::Span<const epoll_event> shown, Await());
      if (shown.empty() && !Pass()) break;
      if (held_ > 0) RETURN_IF_ERROR(LookAtHeld());
      for (const epoll_event& event : shown) {
        if (!Pass()) return absl::OkStatus();
        Flow& flow = flows_[event.data.u64 / 2];
        const absl::Status served = Serve(flow, event.events, event.data.u64 % 2 == 0);
        if (!served.ok()) return OfFlow(flow.end.number, served);
      }
    }
    return absl::OkStatus();
  }

 private:
  enum class Awaits { kRoom, kCompletions, kCredit };

  struct Flow {
    const SendingFlow& end;
    uint64_t left;  // messages
    Awaits awaits = Awaits::kRoom;
  };

  // Even of its socket, odd of anything else.
  uint64_t TagOf(const Flow& flow) const {
    return 2 * static_cast<uint64_t>(&flow - flows_.data());
  }

  bool Pass() { return flows_.front().end.meter.Pass(); }

  absl::Status WatchAll() {
    for (const Flow& flow : flows_) RETURN_IF_ERROR(OfFlow(flow.end.number, Watch(flow)));
    return absl::OkStatus();
  }

  absl::Status Watch(const Flow& flow) {
    RETURN_IF_ERROR(readiness_.Watch(flow.end.socket, EPOLLOUT, TagOf(flow)));
    ASSIGN_OR_RETURN(const int completions, flow.end.sender.OpenCompletionEvents());
    if (completions < 0) return absl::OkStatus();
    return readiness_.Watch(completions, EPOLLIN | EPOLLET, TagOf(flow) + 1);
  }

  // Where there is nothing to do for any flow, the time counts as waited for completions by each
  // that is held for them.
  absl::StatusOr<absl::Span<const epoll_event>> Await() {
    if (awaiting_completions_ == 0) return readiness_.Wait(kLookMs);
    ASSIGN_OR_RETURN(const absl::Span<const epoll_event> at_once, readiness_.Wait(0));
    if (!at_once.empty()) return at_once;
    const int64_t begin = MonotonicNanos();
    ASSIGN_OR_RETURN(const absl::Span<const epoll_event> shown, readiness_.Wait(kLookMs));
    const auto waited_ns = static_cast<uint64_t>(MonotonicNanos() - begin);
    for (const Flow& flow : flows_) {
      if (flow.awaits == Awaits::kCompletions) {
        flow.end.meter.counters().completion_wait_ns.Add(waited_ns);
      }
    }
    return shown;
  }

  absl::Status Serve(Flow& flow, uint32_t shown, bool by_socket) {
    const bool held = flow.awaits != Awaits::kRoom;
    if (!held && by_socket && (shown & (EPOLLOUT | EPOLLHUP)) != 0) return SendOne(flow);
    if (held) {
      ASSIGN_OR_RETURN(const bool resumed, Resume(flow));
      if (resumed) return absl::OkStatus();
    }
    if (!by_socket) return absl::OkStatus();
    // What is left to be shown is an error: completions that nobody waits for, or the end.
    ASSIGN_OR_RETURN(const bool came, Reap(flow));
    return came ? absl::OkStatus() : CheckConnected(flow.end.socket);
  }

  absl::Status SendOne(Flow& flow) {
    const SendingFlow& end = flow.end;
    ASSIGN_OR_RETURN(const bool has_credit, HasCredit(flow));
    if (!has_credit) return HoldForCredit(flow);
    ASSIGN_OR_RETURN(const Progress sent,
                     SendStepWithoutWaiting(end.sender, options_.message_bytes, end.meter));
    end.meter.counters().messages.Add(sent.messages);
    flow.left -= sent.messages;
    if (flow.left == 0) return Close(flow);
    return sent.blocked_on == BlockedOn::kCompletions ? HoldForCompletions(flow) : absl::OkStatus();
  }

  absl::Status Close(const Flow& flow) {
    --open_;
    return readiness_.Forget(flow.end.socket);
  }

  // Whether any completion had come.
  static absl::StatusOr<bool> Reap(const Flow& flow) {
    const uint32_t before = flow.end.sender.outstanding();
    RETURN_IF_ERROR(flow.end.sender.Reap());
    return flow.end.sender.outstanding() < before;
  }

  absl::StatusOr<bool> HasCredit(const Flow& flow) const {
    if (flow.end.credit == nullptr) return true;
    return flow.end.credit->Has(flow.end.meter.counters().bytes.Get(), options_.message_bytes);
  }

  absl::Status HoldForCompletions(Flow& flow) {
    ASSIGN_OR_RETURN(const bool came, Reap(flow));
    if (came) return absl::OkStatus();  // it is tried again when its turn comes
    flow.awaits = Awaits::kCompletions;
    ++held_;
    ++awaiting_completions_;
    flow.end.sender.WatchForCompletions(true);
    RETURN_IF_ERROR(readiness_.Rewatch(flow.end.socket, 0, TagOf(flow)));
    return Resume(flow).status();  // for those that came before they were watched for
  }

  absl::Status HoldForCredit(Flow& flow) {
    flow.awaits = Awaits::kCredit;
    ++held_;
    RETURN_IF_ERROR(readiness_.Rewatch(flow.end.socket, 0, TagOf(flow)));
    return readiness_.Watch(flow.end.credit->control(), EPOLLIN, TagOf(flow) + 1);
  }

  // Whether what the flow is held for has come; it is held no more then.
  absl::StatusOr<bool> Resume(Flow& flow) {
    const bool for_credit = flow.awaits == Awaits::kCredit;
    ASSIGN_OR_RETURN(const bool came, for_credit ? HasCredit(flow) : Reap(flow));
    if (!came) return false;
    if (for_credit) {
      RETURN_IF_ERROR(readiness_.Forget(flow.end.credit->control()));
    } else {
      flow.end.sender.WatchForCompletions(false);
      --awaiting_completions_;
    }
    flow.awaits = Awaits::kRoom;
    --held_;
    RETURN_IF_ERROR(readiness_.Rewatch(flow.end.socket, EPOLLOUT, TagOf(flow)));
    return true;
  }

  // Every now and then, whatever is shown: silence is noticed by looking, and a signal may be lost.
  absl::Status LookAtHeld() {
    const int64_t now = MonotonicNanos();
    if (now < next_look_ns_) return absl::OkStatus();
    next_look_ns_ = now + int64_t{kLookMs} * 1'000'000;
    for (Flow& flow : flows_) {
      if (flow.awaits == Awaits::kRoom) continue;
      RETURN_IF_ERROR(OfFlow(flow.end.number, Resume(flow).status()));
    }
    return absl::OkStatus();
  }

  const StreamOptions& options_;
  Readiness readiness_;
  std::vector<Flow> flows_;
  size_t open_;  // of which messages are still to be sent
  size_t held_ = 0;
  size_t awaiting_completions_ = 0;  // of these
  int64_t next_look_ns_ = 0;         // at those that are held
};

class StreamsReceiver {
 public:
  StreamsReceiver(const StreamOptions& options, absl::Span<const ReceivingFlow> flows,
                  Readiness readiness)
      : options_(options), readiness_(std::move(readiness)), open_(flows.size()) {
    for (const ReceivingFlow& flow : flows) flows_.push_back({.end = flow});
    due_.reserve(flows.size());
    turn_.reserve(flows.size());
  }

  static constexpr size_t kDescriptors = 1;

  absl::Status Run() {
    for (size_t i = 0; i < flows_.size(); ++i) {
      RETURN_IF_ERROR(readiness_.Watch(flows_[i].end.socket, EPOLLIN, i));
    }
    while (open_ > 0) {
      ASSIGN_OR_RETURN(const absl::Span<const epoll_event> shown,
                       readiness_.Wait(due_.empty() ? kForever : 0));
      for (const epoll_event& event : shown) {
        Flow& flow = flows_[event.data.u64];
        flow.hung_up = (event.events & EPOLLHUP) != 0;
        AddDue(flow);
      }
      RETURN_IF_ERROR(TakeTurn());
    }
    return absl::OkStatus();
  }

 private:
  struct Flow {
    const ReceivingFlow& end;
    bool due = false;
    bool hung_up = false;
  };

  void AddDue(Flow& flow) {
    if (flow.due) return;
    flow.due = true;
    due_.push_back(&flow);
  }

  // Once from each flow that is due; those that have more at hand are due again.
  absl::Status TakeTurn() {
    turn_.swap(due_);
    for (Flow* flow : turn_) {
      flow->due = false;
      flows_.front().end.meter.Pass();  // the gate's stop is the senders' affair
      const absl::Status taken = TakeOne(*flow);
      if (!taken.ok()) return OfFlow(flow->end.number, taken);
    }
    turn_.clear();
    return absl::OkStatus();
  }

  absl::Status TakeOne(Flow& flow) {
    const ReceivingFlow& end = flow.end;
    ASSIGN_OR_RETURN(const Arrival arrival, end.receiver.ReceiveReady());
    end.meter.counters().bytes.Add(arrival.bytes);
    if (arrival.end_of_stream) return Close(flow);
    if (end.receiver.pending()) {
      AddDue(flow);
    } else if (arrival.bytes == 0 && flow.hung_up) {
      return absl::UnavailableError("the connection was shut down");
    }
    if (end.credit == nullptr || arrival.bytes == 0) return absl::OkStatus();
    return end.credit->Grant(end.meter.counters().bytes.Get());
  }

  absl::Status Close(const Flow& flow) {
    --open_;
    RETURN_IF_ERROR(readiness_.Forget(flow.end.socket));
    RETURN_IF_ERROR(CheckStreamEnd(options_, flow.end.meter));
    return flow.end.on_end();
  }

  const StreamOptions& options_;
  Readiness readiness_;
  std::vector<Flow> flows_;
  std::vector<Flow*> due_;   // at the next turn
  std::vector<Flow*> turn_;  // at this one
  size_t open_;              // that have not ended
};

}  // namespace

absl::Status SendStreams(const StreamOptions& options, absl::Span<const SendingFlow> flows) {
  ASSIGN_OR_RETURN(Readiness readiness,
                   Readiness::Create(StreamsSender::kDescriptors * flows.size()));
  return StreamsSender(options, flows, std::move(readiness)).Run();
}

absl::Status ReceiveStreams(const StreamOptions& options, absl::Span<const ReceivingFlow> flows) {
  ASSIGN_OR_RETURN(Readiness readiness,
                   Readiness::Create(StreamsReceiver::kDescriptors * flows.size()));
  return StreamsReceiver(options, flows, std::move(readiness)).Run();
}

}  // namespace copycost
