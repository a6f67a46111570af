// A socket that takes and gives everything at once, so that what is left of a message's cost is the
// user's side. The linker puts its functions in the place of the system calls (--wrap): for
// kNullSocket they answer here, for other descriptors the kernel does.
//
//   send, sendmsg   take every byte; with MSG_ZEROCOPY they also count a send to be completed
//   recvmsg         MSG_ERRQUEUE: one notification, copied, for all sends not yet completed, as
//                   veth's come once the receiver has run; then EAGAIN
//   ppoll           POLLERR at once
//   recv            a full buffer, as often as was said; then the end of the stream
//   setsockopt      OK; getsockopt SO_ERROR: none
//
// One for the process; used by one thread.
#ifndef COPYCOST_TESTS_BENCH_NULL_SOCKET_H_
#define COPYCOST_TESTS_BENCH_NULL_SOCKET_H_

#include <cstdint>

namespace copycost::bench {

// No process has so many.
inline constexpr int kNullSocket = 1 << 30;

// As a new socket is: no sends. `receives` calls of recv get bytes.
void ResetNullSocket(uint64_t receives);

// The recv calls that still get bytes.
void AllowReceives(uint64_t receives);

}  // namespace copycost::bench

#endif  // COPYCOST_TESTS_BENCH_NULL_SOCKET_H_
