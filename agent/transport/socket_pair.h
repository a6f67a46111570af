// Two connected, blocking sockets on this host, for probes.
#ifndef COPYCOST_AGENT_TRANSPORT_SOCKET_PAIR_H_
#define COPYCOST_AGENT_TRANSPORT_SOCKET_PAIR_H_

#include "common/fd.h"

namespace copycost {

struct SocketPair {
  UniqueFd client;
  UniqueFd server;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_SOCKET_PAIR_H_
