// The bare loops of copycost_bench_per_message: what a program does for a message that does nothing
// but send or receive it. In a file of its own, so that neither they nor what they call is inlined
// into the measurement.
#ifndef COPYCOST_TESTS_BENCH_BARE_MESSAGES_H_
#define COPYCOST_TESTS_BENCH_BARE_MESSAGES_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "agent/message_buffers.h"

namespace copycost::bench {

// Each sends or receives `messages` messages over `socket`, in the product's buffers: two programs
// whose buffers lie elsewhere in memory differ for that alone. They end the process on an error.

// memcpy of the fields of source's first message into staging's, and send.
void SendTwoCopy(int socket, const MessageBuffers& source, const MessageBuffers& staging,
                 uint64_t messages);

// sendmsg of source's first message.
void SendOneCopy(int socket, const MessageBuffers& source, uint64_t messages);

// sendmsg(MSG_ZEROCOPY) from a ring, slot after slot; notifications are read when the slot that is
// next is still the kernel's.
class BareZeroCopy {
 public:
  // `ring` outlives this; the socket is new.
  BareZeroCopy(int socket, const MessageBuffers& ring);

  void Send(uint64_t messages);

 private:
  void Await();
  bool ReadNotification();

  const int socket_;
  const MessageBuffers& ring_;
  std::vector<char> owned_by_kernel_;
  uint32_t next_slot_ = 0;
};

// recv until so many messages' bytes came. Returns the bytes.
uint64_t Receive(int socket, absl::Span<std::byte> buffer, uint64_t messages);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_BARE_MESSAGES_H_
