// absl::Status <-> grpc::Status: the codes are the same numbers, the types do not convert.
#ifndef COPYCOST_COMMON_RPC_STATUS_H_
#define COPYCOST_COMMON_RPC_STATUS_H_

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace copycost {

grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace copycost

#endif  // COPYCOST_COMMON_RPC_STATUS_H_
