// Whether this kernel and process have a mode, as its row's probe says.
#ifndef COPYCOST_TESTS_TESTING_MODE_PROBE_H_
#define COPYCOST_TESTS_TESTING_MODE_PROBE_H_

#include "absl/status/status.h"
#include "agent/receive_modes/receive_modes.h"
#include "agent/send_modes/send_modes.h"

namespace copycost::testing {

template <typename Rows, typename Mode>
absl::Status ProbeOf(const Rows& rows, Mode mode) {
  for (const auto& row : rows) {
    if (row.mode == mode) return row.probe();
  }
  return absl::NotFoundError("no row");
}

inline absl::Status ProbeOf(v1::SendMode mode) { return ProbeOf(SendModes(), mode); }
inline absl::Status ProbeOf(v1::ReceiveMode mode) { return ProbeOf(ReceiveModes(), mode); }

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_MODE_PROBE_H_
