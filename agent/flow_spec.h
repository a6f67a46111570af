// What a mode is told about the flow it serves.
#ifndef COPYCOST_AGENT_FLOW_SPEC_H_
#define COPYCOST_AGENT_FLOW_SPEC_H_

#include <cstdint>

#include "agent/measure/flow_counters.h"
#include "agent/measure/reuse_timer.h"
#include "agent/message_memory.h"

namespace copycost {

// What lies between the socket and the peer, as far as it decides what MSG_ZEROCOPY does.
enum class DataPath {
  // veth or loopback to a socket of the same kernel: what was pinned is copied on delivery
  // (skb_orphan_frags_rx).
  kLocalDelivery,
  // A device with scatter-gather: notifications tell. Or a unix socket, which queues pages as they
  // are spliced, and knows no notifications.
  kScatterGather,
  // A device without: the kernel copies everything on the way to it. It does so in the socket and
  // says so, unless it cuts segments itself (GSO): TCP then puts references on its queue all the
  // same (sk_setup_caps), and what the segments copy from them is not always said.
  kNoScatterGather,
};

struct FlowSpec {
  uint64_t message_bytes;
  uint32_t fields;
  uint32_t ring_depth;
  DataPath path;
  FlowCounters& counters;  // the mode counts its calls here
  // A mode that lends its buffers to the kernel tells this of them; null: nobody asks.
  ReuseTimer* reuse = nullptr;
  // How often more than once a mode that stages does so.
  uint32_t extra_copies = 0;
  // Of the buffers that messages are made in, or taken into.
  MessageMemory memory = {};
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_FLOW_SPEC_H_
