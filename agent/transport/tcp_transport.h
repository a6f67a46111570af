// TCP as it is, and what is common to transports that are TCP below.
#ifndef COPYCOST_AGENT_TRANSPORT_TCP_TRANSPORT_H_
#define COPYCOST_AGENT_TRANSPORT_TCP_TRANSPORT_H_

#include "agent/transport/transport.h"

namespace copycost {

class TcpTransportBase : public Transport {
 public:
  v1::Transport kind() const override { return v1::TRANSPORT_TCP; }
  absl::StatusOr<SocketPair> ConnectPair() const override;
  absl::Status Open(int socket, const v1::Workload& workload, const v1::FlowEnd& end,
                    v1::AppliedEnd& applied) const override;
  DataPath PathOf(const v1::AppliedEnd& applied, bool peer_on_same_host) const override;
  absl::Status Echo(int socket, const v1::Workload& asked, v1::Workload& told,
                    v1::AppliedEnd& applied) const override;
  absl::Status Tell(int socket, v1::FlowResult& result) const override;
  absl::StatusOr<std::optional<v1::TcpReading>> ReadTcp(int socket) const override;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_TRANSPORT_TCP_TRANSPORT_H_
