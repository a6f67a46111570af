// Played agents that have every mode.
#ifndef COPYCOST_TESTS_TESTING_CAPABLE_FLEET_H_
#define COPYCOST_TESTS_TESTING_CAPABLE_FLEET_H_

#include "common/words.h"
#include "tests/testing/fake_topology.h"

namespace copycost::testing {

inline void HaveEveryMode(FakeTopology& topology) {
  for (const v1::SendMode mode : AllValues<v1::SendMode>()) {
    v1::SendModeState& state = *topology.sender.description.add_send_modes();
    state.set_mode(mode);
    state.mutable_state()->set_available(true);
  }
  for (const v1::ReceiveMode mode : AllValues<v1::ReceiveMode>()) {
    v1::ReceiveModeState& state = *topology.receiver.description.add_receive_modes();
    state.set_mode(mode);
    state.mutable_state()->set_available(true);
  }
}

// Of such a fleet: every send mode to recv, every other receive mode from one, over both IP
// versions.
inline int PathsOfEveryMode() {
  return 2 * static_cast<int>(AllValues<v1::SendMode>().size() +
                              AllValues<v1::ReceiveMode>().size() - 1);
}

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_CAPABLE_FLEET_H_
