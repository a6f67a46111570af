#include "common/rpc/status.h"

#include <grpcpp/support/status.h>

#include <string>

#include "common/utf8.h"

namespace copycost {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return {static_cast<absl::StatusCode>(status.error_code()), ToUtf8(status.error_message())};
}

}  // namespace copycost
