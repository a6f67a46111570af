// Two connected, blocking sockets on this host, for probes.
#ifndef COPYCOST_AGENT_TRANSPORT_SOCKET_PAIR_H_
#define COPYCOST_AGENT_TRANSPORT_SOCKET_PAIR_H_

#include "common/fd.h"

namespace copycost {

struct SocketPair {
  UniqueFd client;
  UniqueFd server;
  // Of transports that need one: another connection between the same ends.
  UniqueFd client_control = UniqueFd();
  UniqueFd server_control = UniqueFd();
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_SOCKET_PAIR_H_
