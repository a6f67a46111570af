// AgentClient over gRPC. The only file of the coordinator that sees grpcpp.
#ifndef COPYCOST_COORDINATOR_FLEET_GRPC_AGENT_CLIENT_H_
#define COPYCOST_COORDINATOR_FLEET_GRPC_AGENT_CLIENT_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/fd.h"
#include "coordinator/fleet/agent_client.h"

namespace copycost {

// What an agent is given to answer anything but a trial, which has deadlines of its own.
inline constexpr absl::Duration kAnswerLimit = absl::Seconds(5);

// Over a connected socket that an agent serves the other end of. Takes the socket over.
std::unique_ptr<AgentClient> MakeGrpcAgentClient(UniqueFd socket,
                                                 absl::Duration answer_limit = kAnswerLimit);

// To "HOST:PORT" or "unix:PATH", in plain text.
std::unique_ptr<AgentClient> MakeGrpcAgentClient(const std::string& address,
                                                 absl::Duration answer_limit = kAnswerLimit);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_FLEET_GRPC_AGENT_CLIENT_H_
