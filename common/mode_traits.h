// What the options of a mode's, a pattern's or a transport's enum value say of it (words.proto).
#ifndef COPYCOST_COMMON_MODE_TRAITS_H_
#define COPYCOST_COMMON_MODE_TRAITS_H_

#include <cstdint>

#include "copycost/v1/copy_mode.pb.h"
#include "copycost/v1/experiment.pb.h"

namespace copycost {

// Its messages stay pinned until they are completed: it has a ring of buffers and needs locked
// memory.
bool PinsBuffers(v1::SendMode mode);

// It copies each message in memory of its own before it sends it.
bool Stages(v1::SendMode mode);

// Its messages pass through a few MiB of pages beside their own.
bool LendsPages(v1::SendMode mode);

// All its buffers are pinned while it is open, not only those that it sends from.
bool RegistersBuffers(v1::SendMode mode);

// The bytes are taken off the socket, but reach no memory of the receiver's.
bool DeliversNothing(v1::ReceiveMode mode);

// What is delivered appears in the address space, and nothing has read it.
bool MapsPages(v1::ReceiveMode mode);

// What arrives is written into buffers of the receiver's own.
bool HasBuffers(v1::ReceiveMode mode);

// It scatters what arrives into a message's fields.
bool FillsFields(v1::ReceiveMode mode);

// Each message is a request and is answered by a response: both ends send and receive.
bool Exchanges(v1::Pattern pattern);

// Its exchanges have intended instants, so many a second.
bool HasRate(v1::Pattern pattern);

// Both its ends are on one host, and no network lies between them.
bool IsLocal(v1::Transport transport);

// Messages travel as datagrams, which may be lost.
bool IsDatagrams(v1::Transport transport);

// The most that one call may send as datagrams: what IPv4 has room for.
inline constexpr uint64_t kMostDatagramBytes = 65507;

}  // namespace copycost

#endif  // COPYCOST_COMMON_MODE_TRAITS_H_
