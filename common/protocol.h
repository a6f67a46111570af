// The version of the words that coordinator and agent exchange (proto/copycost/v1/agent.proto).
// Either side of another version is refused before anything is asked of it.
#ifndef COPYCOST_COMMON_PROTOCOL_H_
#define COPYCOST_COMMON_PROTOCOL_H_

#include <cstdint>

namespace copycost {

inline constexpr uint32_t kProtocol = 4;

}  // namespace copycost

#endif  // COPYCOST_COMMON_PROTOCOL_H_
