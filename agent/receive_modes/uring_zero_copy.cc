// io_uring zero-copy receive (IORING_OP_RECV_ZC): the NIC writes payload into memory that this
// process registered with one of its receive queues. Probed only: it takes such a NIC, and a queue
// of it that nothing else uses.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/uring/uring.h"
#include "common/page_size.h"
#include "common/status.h"

namespace copycost {
namespace {

// None of it is in Debian 12's headers; from the kernel's include/uapi/linux/io_uring.h.
constexpr int kReceiveZeroCopy = 58;     // IORING_OP_RECV_ZC
constexpr unsigned kRegisterQueue = 32;  // IORING_REGISTER_ZCRX_IFQ
constexpr uint32_t kUserMemory = 1;      // IORING_MEM_REGION_TYPE_USER

struct Region {  // struct io_uring_region_desc
  uint64_t address = 0;
  uint64_t bytes = 0;
  uint32_t flags = 0;
  uint32_t id = 0;
  uint64_t mmap_offset = 0;
  std::array<uint64_t, 4> reserved{};
};

struct Area {  // struct io_uring_zcrx_area_reg
  uint64_t address = 0;
  uint64_t bytes = 0;
  uint64_t token = 0;
  uint32_t flags = 0;
  uint32_t dmabuf = 0;
  std::array<uint64_t, 2> reserved{};
};

struct Queue {  // struct io_uring_zcrx_ifq_reg
  uint32_t interface = 0;
  uint32_t queue = 0;
  uint32_t entries = 0;
  uint32_t flags = 0;
  uint64_t area = 0;
  uint64_t region = 0;
  std::array<uint32_t, 8> offsets{};
  uint32_t id = 0;
  uint32_t reserved_word = 0;
  std::array<uint64_t, 3> reserved{};
};
static_assert(sizeof(Region) == 64 && sizeof(Area) == 48 && sizeof(Queue) == 96);

// No interface ever has it: nothing of a real one is taken.
constexpr uint32_t kNoInterface = std::numeric_limits<int32_t>::max();

class Pages {
 public:
  explicit Pages(size_t bytes)
      : address_(
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        bytes_(bytes) {}
  ~Pages() {
    if (valid()) ::munmap(address_, bytes_);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  bool valid() const { return address_ != MAP_FAILED; }
  uint64_t address() const { return reinterpret_cast<uintptr_t>(address_); }
  uint64_t bytes() const { return bytes_; }

 private:
  void* address_;
  size_t bytes_;
};

// 0, or an errno: what the kernel says to a queue of an interface that does not exist.
int TryToRegister(const io_uring& ring) {
  const Pages payload(16 * PageBytes());
  const Pages refill(4 * PageBytes());
  if (!payload.valid() || !refill.valid()) return ENOMEM;
  Area area = {.address = payload.address(), .bytes = payload.bytes()};
  Region region = {.address = refill.address(), .bytes = refill.bytes(), .flags = kUserMemory};
  Queue queue = {.interface = kNoInterface,
                 .entries = 16,
                 .area = reinterpret_cast<uintptr_t>(&area),
                 .region = reinterpret_cast<uintptr_t>(&region)};
  const long registered =
      ::syscall(__NR_io_uring_register, ring.ring_fd, kRegisterQueue, &queue, 1);
  return registered < 0 ? errno : 0;
}

bool KnowsOperation(io_uring& ring) {
  const std::unique_ptr<io_uring_probe, void (*)(io_uring_probe*)> probe(
      io_uring_get_probe_ring(&ring), io_uring_free_probe);
  return probe != nullptr && io_uring_opcode_supported(probe.get(), kReceiveZeroCopy) != 0;
}

constexpr absl::string_view kWhatItTakes =
    "it takes a NIC whose driver splits headers from payload and gives a receive queue away "
    "(ethtool -g: TCP data split), and copycost cannot receive this way yet";

}  // namespace

absl::Status ProbeUringZeroCopyReceive() {
  ASSIGN_OR_RETURN(Uring ring,
                   Uring::Create({.submissions = 1, .completions = 2, .wide_completions = true}));
  if (!KnowsOperation(*ring.get())) {
    return absl::FailedPreconditionError(
        "IORING_OP_RECV_ZC: this kernel does not have it; it needs Linux 6.15 or later with "
        "CONFIG_IO_URING_ZCRX");
  }
  switch (const int error = TryToRegister(*ring.get())) {
    case ENODEV:  // all that was wrong is the interface
      return absl::FailedPreconditionError(
          absl::StrCat("this kernel has it, and this process may use it; ", kWhatItTakes));
    case EPERM:
      return absl::FailedPreconditionError(
          absl::StrCat(ErrnoStatus(error, "IORING_REGISTER_ZCRX_IFQ").message(),
                       "; it needs CAP_NET_ADMIN; besides, ", kWhatItTakes));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat(error == 0 ? "IORING_REGISTER_ZCRX_IFQ: succeeded without an interface"
                                  : ErrnoStatus(error, "IORING_REGISTER_ZCRX_IFQ").message(),
                       "; ", kWhatItTakes));
  }
}

}  // namespace copycost
