#include "common/rpc/limits.h"

#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>

namespace copycost {
namespace {

// A Prepare or a Finished of a thousand flows stays well below.
constexpr int kLargestMessage = 1 << 20;
constexpr int kLargestMetadata = 8 << 10;
constexpr int kMostStreams = 16;
constexpr size_t kMostMemory = 32 << 20;
constexpr int kMostThreads = 16;
// A peer that the network, or its host, has taken away is noticed within the sum of the two.
constexpr int kKeepaliveMs = 2'000;
constexpr int kKeepaliveTimeoutMs = 3'000;
// Between attempts to connect to a lost agent, and how long one may take: a lost SYN is sent again
// after a second only.
constexpr int kReconnectMs = 200;
constexpr int kSlowestReconnectMs = 1'000;
constexpr int kConnectTimeoutMs = 2'000;

}  // namespace

void LimitServer(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("agent");
  quota.Resize(kMostMemory);
  quota.SetMaxThreads(kMostThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kLargestMessage);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kLargestMetadata);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
}

void WatchConnections(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // The client's pings are no abuse.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kKeepaliveMs / 2);
}

void LimitClient(grpc::ChannelArguments& arguments) {
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kLargestMetadata);
}

void WatchConnection(grpc::ChannelArguments& arguments) {
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // no limit
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kSlowestReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
}

}  // namespace copycost
