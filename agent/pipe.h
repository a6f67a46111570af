// A pipe between two splices: what lies in it are references to pages, not bytes.
#ifndef COPYCOST_AGENT_PIPE_H_
#define COPYCOST_AGENT_PIPE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fd.h"

namespace copycost {

struct Pipe {
  // Room for `bytes` that begin anywhere in a page, in `parts` of which no two share a page; less
  // if that is over kMostBytes. Both ends block. ResourceExhausted tells what to raise when this
  // user has too many pages in pipes.
  static absl::StatusOr<Pipe> Create(uint64_t bytes, uint32_t parts);

  // fs.pipe-max-size, unless somebody lowered it.
  static constexpr uint64_t kMostBytes = uint64_t{1} << 20;

  // From now on, what finds no room is not waited for.
  absl::Status MakeWriteNonBlocking() const;

  UniqueFd read;
  UniqueFd write;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_PIPE_H_
