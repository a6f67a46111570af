// AgentClient over gRPC. The only file of the coordinator that sees grpcpp.
#ifndef COPYCOST_COORDINATOR_FLEET_GRPC_AGENT_CLIENT_H_
#define COPYCOST_COORDINATOR_FLEET_GRPC_AGENT_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/fd.h"
#include "common/tls_files.h"
#include "coordinator/fleet/agent_client.h"

namespace copycost {

// What an agent is given to answer anything but a trial, which has deadlines of its own.
inline constexpr absl::Duration kAnswerLimit = absl::Seconds(5);

// Over a connected socket that an agent serves the other end of. Takes the socket over.
std::unique_ptr<AgentClient> MakeGrpcAgentClient(UniqueFd socket,
                                                 absl::Duration answer_limit = kAnswerLimit);

// To "HOST:PORT" or "unix:PATH": with mutual TLS when `tls` names files, else in plain text.
// Nothing is said before the first call. InvalidArgument for TLS files that will not do. An agent
// whose certificate does not name it an agent is refused by Describe, with PermissionDenied.
absl::StatusOr<std::unique_ptr<AgentClient>> ConnectGrpcAgent(const std::string& address,
                                                              const TlsFiles& tls = {});

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_GRPC_AGENT_CLIENT_H_
