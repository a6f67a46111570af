// TCP_ZEROCOPY_RECEIVE: whole pages of the socket's queue are mapped into this process, in the
// place of those before; what does not fill a page, or lies in pages that cannot be mapped (of a
// file, or compound ones), is copied. Pages fill only when segments do: `--mtu mappable`.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/message_buffers.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/reserved_range.h"
#include "agent/transport/tcp.h"
#include "common/page_size.h"
#include "common/status.h"
#include "common/units.h"

namespace copycost {
namespace {

// A place in the address space where a socket's pages appear. Backed by the socket's file: it may
// outlive the descriptor.
class Mapping {
 public:
  static absl::StatusOr<Mapping> Create(int socket, uint64_t bytes) {
    // Elsewhere first: a mapping into the range that were refused could leave a hole in it.
    void* const mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, socket, 0);
    if (mapped == MAP_FAILED) {
      return absl::FailedPreconditionError(absl::StrCat(ErrnoStatus("mmap of the socket").message(),
                                                        "; it needs Linux 4.18 or later"));
    }
    absl::StatusOr<ReservedRange> range = ReservedRange::Create(bytes);
    if (range.ok() && ::mremap(mapped, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                               range->address()) != MAP_FAILED) {
      return Mapping(*std::move(range), bytes);
    }
    const absl::Status failed = range.ok() ? ErrnoStatus("mremap of the socket") : range.status();
    ::munmap(mapped, bytes);
    return failed;
  }

  std::byte* address() const { return range_.address(); }
  uint64_t bytes() const { return bytes_; }

 private:
  Mapping(ReservedRange range, uint64_t bytes) : range_(std::move(range)), bytes_(bytes) {}

  ReservedRange range_;
  uint64_t bytes_;
};

class MappedReceiver final : public Receiver {
 public:
  absl::Status Open(const FlowSpec& flow, int socket, Sink& sink) override {
    const uint64_t page = PageBytes();
    const uint64_t bytes = MappingBytes(flow.message_bytes);
    ASSIGN_OR_RETURN(Mapping mapping, Mapping::Create(socket, RoundUp(bytes, page)));
    mapping_.emplace(std::move(mapping));
    ASSIGN_OR_RETURN(copies_, MessageBuffers::Create(1, std::max(flow.message_bytes, page), 1));
    message_bytes_ = flow.message_bytes;
    counters_ = &flow.counters;
    socket_ = socket;
    sink_ = &sink;
    return absl::OkStatus();
  }

  absl::StatusOr<Arrival> Receive() override {
    while (true) {
      if (unmappable_bytes_ > 0) return Copy(0);
      RETURN_IF_ERROR(Await());
      ASSIGN_OR_RETURN(const Arrival arrival, MapOrCopy());
      if (arrival.bytes > 0 || arrival.end_of_stream) return arrival;
    }
  }

  absl::StatusOr<Arrival> ReceiveReady() override {
    return unmappable_bytes_ > 0 ? Copy(MSG_DONTWAIT) : MapOrCopy();
  }

  v1::Evidence TakeEvidence() override {
    v1::Evidence evidence;
    evidence.set_receive_copied_bytes(offset_ - mapped_bytes_);
    evidence.set_mapped_bytes(mapped_bytes_);
    return evidence;
  }

  void Echo(v1::Workload& applied) const override {
    applied.set_receive_mode(v1::RECEIVE_MODE_MAPPED);
    applied.set_message_bytes(message_bytes_);
  }

 private:
  absl::Span<std::byte> copies() const { return copies_->Fields(0)[0]; }

  absl::Status Await() const {
    pollfd entry = {.fd = socket_, .events = POLLIN, .revents = 0};
    while (::poll(&entry, 1, -1) < 0) {
      if (errno != EINTR) return ErrnoStatus("poll");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Arrival> MapOrCopy() {
    ASSIGN_OR_RETURN(const uint64_t bytes, Map());
    if (bytes > 0) return Arrival{.bytes = bytes};
    // Nothing to map: the end of the stream, less than a page, or nothing after all.
    return Copy(MSG_DONTWAIT);
  }

  // One call: maps what it can, and tells how much. What cannot be mapped is left for Copy: the
  // call would copy it too (copybuf), but in other pieces.
  absl::StatusOr<uint64_t> Map() {
    tcp_zerocopy_receive request{};
    request.address = reinterpret_cast<uintptr_t>(mapping_->address());
    request.length = static_cast<uint32_t>(mapping_->bytes());
    const int64_t taken = counters_->Call([&] { return Ask(request); });
    if (taken < 0) {
      if (errno == EIO || errno == EINTR) return 0;  // EIO: the end of the stream
      return ErrnoStatus("getsockopt TCP_ZEROCOPY_RECEIVE");
    }
    unmappable_bytes_ = request.recv_skip_hint;
    RETURN_IF_ERROR(sink_->Take(offset_, absl::MakeConstSpan(mapping_->address(), request.length)));
    offset_ += request.length;
    mapped_bytes_ += request.length;
    return static_cast<uint64_t>(taken);
  }

  // As a call that moves payload: bytes taken, -1 with errno.
  int64_t Ask(tcp_zerocopy_receive& request) const {
    socklen_t size = sizeof(request);
    if (::getsockopt(socket_, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &request, &size) != 0) return -1;
    if (request.err != 0) {
      errno = std::abs(request.err);
      return -1;
    }
    return request.length;
  }

  // What cannot be mapped; where that is not known, whatever is there.
  absl::StatusOr<Arrival> Copy(int flags) {
    const size_t wanted = unmappable_bytes_ > 0
                              ? std::min<size_t>(unmappable_bytes_, copies().size())
                              : copies().size();
    while (true) {
      const ssize_t taken =
          counters_->Call([&] { return ::recv(socket_, copies().data(), wanted, flags); });
      if (taken < 0 && errno == EINTR) continue;
      if (taken < 0 && errno == EAGAIN) return Arrival{};
      if (taken < 0) return ErrnoStatus("recv");
      if (taken == 0) return Arrival{.end_of_stream = true};
      const auto bytes = static_cast<uint64_t>(taken);
      unmappable_bytes_ -= std::min(unmappable_bytes_, bytes);
      RETURN_IF_ERROR(sink_->Take(offset_, copies().first(bytes)));
      offset_ += bytes;
      return Arrival{.bytes = bytes};
    }
  }

  std::optional<Mapping> mapping_;
  std::optional<MessageBuffers> copies_;
  uint64_t message_bytes_ = 0;
  FlowCounters* counters_ = nullptr;
  Sink* sink_ = nullptr;
  int socket_ = -1;
  uint64_t offset_ = 0;
  uint64_t mapped_bytes_ = 0;
  uint64_t unmappable_bytes_ = 0;  // next in the queue
};

}  // namespace

std::unique_ptr<Receiver> MakeMappedReceiver() { return std::make_unique<MappedReceiver>(); }

// A mapping, and a request that finds nothing.
absl::Status ProbeMapped() {
  ASSIGN_OR_RETURN(const SocketPair pair, ConnectLoopbackPair());
  ASSIGN_OR_RETURN(const Mapping mapping, Mapping::Create(pair.server.get(), PageBytes()));
  tcp_zerocopy_receive request{};
  request.address = reinterpret_cast<uintptr_t>(mapping.address());
  request.length = static_cast<uint32_t>(mapping.bytes());
  socklen_t size = sizeof(request);
  if (::getsockopt(pair.server.get(), IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &request, &size) == 0) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(ErrnoStatus("getsockopt TCP_ZEROCOPY_RECEIVE").message(),
                   "; it needs Linux 4.18 or later, with an MMU"));
}

}  // namespace copycost
