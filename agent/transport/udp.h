// UDP sockets for the data path.
#ifndef COPYCOST_AGENT_TRANSPORT_UDP_H_
#define COPYCOST_AGENT_TRANSPORT_UDP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/transport/socket_pair.h"
#include "common/fd.h"
#include "copycost/v1/trial.pb.h"

namespace copycost {

// A blocking socket on `address`, on a port the kernel chooses, with the workload's buffers.
absl::StatusOr<UniqueFd> BindUdp(absl::string_view address, const v1::Workload& workload);

// From now on datagrams come from there only, and go there.
absl::Status ConnectUdp(int socket, absl::string_view address, uint16_t port);

// The payload of the datagrams that a message is cut into on its way through an interface with this
// MTU: as asked for, or as much as fits. Never so that they fill a message evenly, where that is
// ours to choose: the kernel that joins them begins anew after a smaller one, so that what a call
// brings reaches into the next message only where that one was lost.
uint32_t SegmentOf(uint64_t message_bytes, uint32_t asked, uint32_t mtu, v1::IpVersion version);

// FailedPrecondition for datagrams that the interface does not carry whole, and for more of them
// than the kernel cuts a message into.
absl::Status CheckSegment(uint64_t message_bytes, uint32_t segment,
                          const v1::DataInterface& interface, v1::IpVersion version);

// Whether datagrams of such messages can be joined: whether the last one of each is smaller.
bool JoinsWithinMessages(uint64_t message_bytes, uint32_t segment);

// The kernel cuts what is sent into datagrams (UDP_SEGMENT), and joins those that came
// (UDP_GRO). FailedPrecondition where it does not know how.
absl::Status CutDatagrams(int socket, uint32_t segment);
absl::Status JoinDatagrams(int socket);

// What the ends of a flow say to each other over UDP before anything else: that they are those that
// met, that their datagrams arrive, and how each cuts what it sends (0: not at all). The end that
// `begins` speaks first. Tells how the other cuts. Unavailable when it does not answer in time;
// datagrams that say anything else are passed over.
absl::StatusOr<uint32_t> GreetUdp(int socket, const v1::FlowEnd& end, bool begins,
                                  uint32_t segment);

// Tells the peer that no more comes, with datagrams of no bytes, until it ends `control`, the
// connection over which the ends met. DeadlineExceeded at `deadline` (monotonic).
absl::Status EndDatagrams(int socket, int control, absl::Time deadline);

// Whoever is blocked on the socket finds the end of the stream, or an error. Any thread.
void AbortDatagrams(int socket);

// Over 127.0.0.1, with a connection beside.
absl::StatusOr<SocketPair> ConnectUdpPair();

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_UDP_H_
