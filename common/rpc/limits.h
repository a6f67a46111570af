// What either side accepts from the other at most. gRPC 1.51 predates fixes for several denials of
// service (CVE-2023-32731, -32732, -33953, -4785), so every count is capped.
#ifndef COPYCOST_COMMON_RPC_LIMITS_H_
#define COPYCOST_COMMON_RPC_LIMITS_H_

namespace grpc {
class ChannelArguments;
class ServerBuilder;
}  // namespace grpc

namespace copycost {

// Among the trailing metadata of a trial's call: the agent ended it. A call without was cut off.
inline constexpr char kToldByAgent[] = "copycost-told-by-agent";

void LimitServer(grpc::ServerBuilder& builder);
void LimitClient(grpc::ChannelArguments& arguments);

// Over a network: a peer that is gone without a word is noticed within seconds, and the client
// connects again within seconds of its return. Not for a socketpair: its ends are closed with their
// processes, and cannot be connected again once a stopped process was taken for a lost one.
void WatchConnections(grpc::ServerBuilder& builder);
void WatchConnection(grpc::ChannelArguments& arguments);

}  // namespace copycost

#endif  // COPYCOST_COMMON_RPC_LIMITS_H_
