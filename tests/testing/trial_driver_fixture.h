// A driver with two played agents, and what came of its trials.
#ifndef COPYCOST_TESTS_TESTING_TRIAL_DRIVER_FIXTURE_H_
#define COPYCOST_TESTS_TESTING_TRIAL_DRIVER_FIXTURE_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/drive/trial_driver.h"
#include "tests/testing/fake_topology.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::testing {

inline TrialOrder Order(v1::SendMode mode = v1::SEND_MODE_ZERO_COPY) {
  return {.trial_id = "b001-c003",
          .block = 1,
          .cell_id = 3,
          .purpose = v1::PURPOSE_MEASURE,
          .workload = WorkloadOf(mode, 65536, 2)};
}

class TrialDriverFixture : public ::testing::Test {
 protected:
  TrialDriverFixture() : agents_(*TakeInventory(*topology_.Up(), kOwnBootId)) {
    EXPECT_OK(HoldAll(agents_, request_));
  }

  // The last attempt, all of them in `attempts_`.
  v1::TrialRecord Run(const TrialOrder& order = Order()) {
    const auto last = driver_.Run(order, [this](const v1::TrialRecord& attempt) {
      attempts_.push_back(attempt);
      return absl::OkStatus();
    });
    EXPECT_OK(last);
    EXPECT_EQ(last->SerializeAsString(), attempts_.back().SerializeAsString());
    return *last;
  }

  std::vector<v1::Outcome> Outcomes() const {
    std::vector<v1::Outcome> outcomes;
    for (const v1::TrialRecord& attempt : attempts_) outcomes.push_back(attempt.outcome());
    return outcomes;
  }

  std::ptrdiff_t Place(const std::string& line) const {
    return std::find(topology_.log.begin(), topology_.log.end(), line) - topology_.log.begin();
  }

  FakeClock clock_;
  FakeTopology topology_{clock_};
  FakeAgent& sender_ = topology_.sender;
  FakeAgent& receiver_ = topology_.receiver;
  std::vector<FleetAgent> agents_;
  const v1::HoldRequest request_ = [] {
    v1::HoldRequest request;
    request.set_token("token of the run");
    return request;
  }();
  v1::EventGroup events_ = [] {
    v1::EventGroup group;
    group.add_events("cycles");
    return group;
  }();
  TrialDriver driver_{clock_,
                      agents_,
                      {.hold = request_,
                       .session = 2,
                       .events = {events_},
                       .on_waiting = [this](absl::string_view) { ++waits_; }}};
  int waits_ = 0;
  std::vector<v1::TrialRecord> attempts_;
};

}  // namespace copycost::testing

#endif  // COPYCOST_TESTS_TESTING_TRIAL_DRIVER_FIXTURE_H_
