// IORING_OP_RECV, multishot (Linux 6.0): submitted once, it goes on receiving into buffers that it
// takes from a ring we fill. The kernel copies every byte; calls are made only to wait.
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/message_buffers.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/transport/tcp.h"
#include "agent/uring/uring.h"
#include "common/page_size.h"
#include "common/status.h"
#include "common/units.h"

namespace copycost {
namespace {

constexpr uint16_t kGroup = 1;
// Without a working set: as many buffers of a message's size as make 4 MiB, within these bounds.
constexpr uint64_t kAllBytes = uint64_t{4} << 20;
constexpr uint64_t kFewest = 2;
constexpr uint64_t kMost = 4;

uint32_t BuffersOf(uint64_t message_bytes) {
  return static_cast<uint32_t>(
      std::bit_floor(std::clamp(kAllBytes / message_bytes, kFewest, kMost)));
}

// The buffers that the kernel may take, in a ring shared with it, which has room for a power of two
// of them. Registered with an io_uring that
// it must not outlive.
class ProvidedBuffers {
 public:
  // `memory` outlives this.
  static absl::StatusOr<ProvidedBuffers> Register(io_uring* ring, const MessageBuffers& memory) {
    const uint32_t room = std::bit_ceil(memory.count());
    const size_t bytes = room * sizeof(io_uring_buf);
    void* shared = std::aligned_alloc(PageBytes(), RoundUp(bytes, PageBytes()));
    if (shared == nullptr) return absl::ResourceExhaustedError("no memory for a ring of buffers");
    ProvidedBuffers provided(static_cast<io_uring_buf_ring*>(shared), room, memory);
    io_uring_buf_ring_init(provided.ring_.get());
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uintptr_t>(shared);
    registration.ring_entries = room;
    registration.bgid = kGroup;
    const int error = io_uring_register_buf_ring(ring, &registration, 0);
    if (error != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(ErrnoStatus(-error, "io_uring_register_buf_ring").message(),
                       "; it needs Linux 5.19 or later"));
    }
    for (uint32_t buffer = 0; buffer < memory.count(); ++buffer) {
      provided.Provide(static_cast<uint16_t>(buffer));
    }
    return provided;
  }

  // The kernel may write into it again.
  void Provide(uint16_t buffer) {
    const absl::Span<std::byte> bytes = Bytes(buffer);
    io_uring_buf_ring_add(ring_.get(), bytes.data(), static_cast<unsigned>(bytes.size()), buffer,
                          io_uring_buf_ring_mask(room_), 0);
    io_uring_buf_ring_advance(ring_.get(), 1);
  }

  absl::Span<std::byte> Bytes(uint16_t buffer) const { return memory_->Fields(buffer)[0]; }

 private:
  struct Free {
    void operator()(io_uring_buf_ring* shared) const { std::free(shared); }
  };

  ProvidedBuffers(io_uring_buf_ring* shared, uint32_t room, const MessageBuffers& memory)
      : ring_(shared), room_(room), memory_(&memory) {}

  std::unique_ptr<io_uring_buf_ring, Free> ring_;
  uint32_t room_;
  const MessageBuffers* memory_;
};

class UringRecvMultishotReceiver final : public Receiver {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Sink& sink) override {
    RETURN_IF_ERROR(MessageBuffers::CheckSplit(flow.message_bytes, 1));
    const uint32_t buffers = BuffersOf(flow.message_bytes);
    ASSIGN_OR_RETURN(
        memory_,
        MessageBuffers::Create(flow.memory.working_set_bytes > 0 ? 1 : buffers, flow.message_bytes,
                               1, MessageBuffers::Layout::kSeparate, flow.memory));
    // A completion for each buffer, and the one that ends.
    ASSIGN_OR_RETURN(Uring ring,
                     Uring::Create({.submissions = 1, .completions = 2 * memory_->count()}));
    ring_.emplace(std::move(ring));
    ASSIGN_OR_RETURN(ProvidedBuffers provided, ProvidedBuffers::Register(ring_->get(), *memory_));
    provided_.emplace(std::move(provided));
    counters_ = &flow.counters;
    socket_ = socket;
    sink_ = &sink;
    return absl::OkStatus();
  }

  absl::StatusOr<Arrival> Receive() override {
    while (true) {
      const std::optional<Uring::Completion> completion = ring_->NextCompletion();
      if (!completion.has_value()) {
        RETURN_IF_ERROR(Wait());
        continue;
      }
      if (TellsOfArrival(*completion)) return ArrivalOf(*completion);
    }
  }

  // What was taken ahead is first. Without any, bytes that the socket shows are taken on the way
  // into the kernel and back, as far as there are buffers.
  absl::StatusOr<Arrival> ReceiveReady() override {
    if (!pending()) RETURN_IF_ERROR(Ask([this] { return ring_->SubmitWithoutWaiting(); }));
    while (const std::optional<Uring::Completion> completion = ring_->NextCompletion()) {
      if (TellsOfArrival(*completion)) return ArrivalOf(*completion);
    }
    return Arrival{};
  }

  bool pending() const override { return ring_->HasCompletion(); }

  v1::Evidence TakeEvidence() override {
    v1::Evidence evidence;
    evidence.set_receive_copied_bytes(offset_);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_receive_mode(v1::RECEIVE_MODE_URING_RECV_MULTISHOT);
    memory_->Echo(applied);
  }

 private:
  absl::Status Wait() {
    return Ask([this] { return ring_->SubmitAndWait(); });
  }

  // Submits the receive where it is not under way, by a call that returns as SubmitAndWait.
  template <typename Submit>
  absl::Status Ask(Submit submit) {
    if (!armed_) {
      io_uring_sqe* entry = ring_->NextSubmission();
      io_uring_prep_recv_multishot(entry, socket_, nullptr, 0, 0);
      entry->flags |= IOSQE_BUFFER_SELECT;
      entry->buf_group = kGroup;
      armed_ = true;
    }
    // A call that brings nothing moves no payload.
    const int entered = counters_->Call([&] { return submit() < 0 ? -1 : pending() ? 1 : 0; });
    if (entered < 0 && errno != EINTR) return ErrnoStatus("io_uring_enter");
    return absl::OkStatus();
  }

  // False when it ran out of buffers, and is begun anew.
  bool TellsOfArrival(const Uring::Completion& completion) {
    if ((completion.flags & IORING_CQE_F_MORE) == 0) armed_ = false;
    return completion.result != -ENOBUFS && completion.result != -EINTR;
  }

  absl::StatusOr<Arrival> ArrivalOf(const Uring::Completion& completion) {
    if (completion.result < 0) return ErrnoStatus(-completion.result, "IORING_OP_RECV");
    if (completion.result == 0) return Arrival{.end_of_stream = true};
    return Take(completion);
  }

  absl::StatusOr<Arrival> Take(const Uring::Completion& completion) {
    const auto buffer = static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    if ((completion.flags & IORING_CQE_F_BUFFER) == 0 || buffer >= memory_->count()) {
      return absl::InternalError("IORING_OP_RECV: a completion names no buffer of ours");
    }
    const auto bytes = static_cast<uint64_t>(completion.result);
    RETURN_IF_ERROR(sink_->Take(offset_, provided_->Bytes(buffer).first(bytes)));
    offset_ += bytes;
    provided_->Provide(buffer);
    return Arrival{.bytes = bytes};
  }

  std::optional<MessageBuffers> memory_;
  std::optional<ProvidedBuffers> provided_;
  std::optional<Uring> ring_;  // after the buffers: it goes before them
  FlowCounters* counters_ = nullptr;
  Sink* sink_ = nullptr;
  int socket_ = -1;
  bool armed_ = false;
  uint64_t offset_ = 0;
};

}  // namespace

std::unique_ptr<Receiver> MakeUringRecvMultishotReceiver() {
  return std::make_unique<UringRecvMultishotReceiver>();
}

// A ring of buffers, and a receive that takes one.
absl::Status ProbeUringRecvMultishot() {
  ASSIGN_OR_RETURN(const SocketPair pair, ConnectLoopbackPair());
  FlowCounters counters;
  ASSIGN_OR_RETURN(const std::unique_ptr<Sink> sink, MakeSink(v1::READ_NONE, 0));
  UringRecvMultishotReceiver receiver;
  RETURN_IF_ERROR(receiver.Open({.message_bytes = PageBytes(),
                                 .fields = 1,
                                 .ring_depth = 0,
                                 .path = DataPath::kLocalDelivery,
                                 .counters = counters},
                                pair.server.get(), *sink));
  if (::send(pair.client.get(), "?", 1, MSG_NOSIGNAL) != 1) return ErrnoStatus("send");
  const absl::StatusOr<Arrival> arrival = receiver.Receive();
  if (arrival.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(arrival.status().message(), "; multishot needs Linux 6.0 or later"));
}

}  // namespace copycost
