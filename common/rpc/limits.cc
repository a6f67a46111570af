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
constexpr int kKeepaliveMs = 10'000;

}  // namespace

void LimitServer(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("agent");
  quota.Resize(kMostMemory);
  quota.SetMaxThreads(kMostThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kLargestMessage);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kLargestMetadata);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
}

void LimitClient(grpc::ChannelArguments& arguments) {
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kLargestMetadata);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
}

}  // namespace copycost
