// Device memory TCP (MSG_SOCK_DEVMEM): the NIC writes payload into memory of a device, a GPU for
// instance, and the program gets tokens for it. Probed only: it takes such a NIC and such memory.
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/transport/tcp.h"
#include "common/status.h"

namespace copycost {
namespace {

// Not in Debian 12's headers; from the kernel's include/uapi/asm-generic/socket.h and linux/uio.h.
constexpr int kReturnTokens = 80;  // SO_DEVMEM_DONTNEED
struct Tokens {                    // struct dmabuf_token
  uint32_t first = 0;
  uint32_t count = 0;
};

}  // namespace

// Gives back no token, which every kernel with device memory TCP accepts.
absl::Status ProbeDevmem() {
  ASSIGN_OR_RETURN(const SocketPair pair, ConnectLoopbackPair());
  const Tokens none;
  if (::setsockopt(pair.server.get(), SOL_SOCKET, kReturnTokens, &none, sizeof(none)) < 0) {
    const absl::Status refused = ErrnoStatus("setsockopt SO_DEVMEM_DONTNEED");
    return absl::FailedPreconditionError(absl::StrCat(
        refused.message(),
        errno == ENOPROTOOPT ? "; it needs Linux 6.12 or later with CONFIG_NET_DEVMEM" : ""));
  }
  return absl::FailedPreconditionError(
      "this kernel has it; it takes a NIC whose driver splits headers from payload and lets a "
      "receive queue be bound to a dma-buf, memory of a device behind it, and copycost cannot "
      "receive this way yet");
}

}  // namespace copycost
