#include "coordinator/report/event_notes.h"

#include <gmock/gmock.h>

namespace copycost::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Of = record::EventColumn::Of;

analysis::EventSummary Summary(const std::string& event, Of of, bool user_only,
                               absl::StatusOr<double> median) {
  return {.column = {.column = event, .event = event, .of = of, .user_only = user_only},
          .n = 1,
          .median = std::move(median),
          .interval = absl::UnknownError("few")};
}

absl::Status Missing(const char* why) { return absl::FailedPreconditionError(why); }

TEST(EventNotesTest, GroupsEventsByTheirReason) {
  analysis::CellSummary cell;
  cell.n = 8;
  for (const char* event : {"cycles", "branches"}) {
    for (const bool user_only : {false, true}) {
      for (const Of of : {Of::kSenders, Of::kReceivers}) {
        cell.events.push_back(Summary(event, of, user_only, Missing("no PMU")));
      }
    }
    cell.events.push_back(Summary(event, Of::kHosts, false, Missing("forbidden")));
  }
  cell.events.push_back(Summary("page-faults", Of::kSenders, false, 3.0));
  EXPECT_THAT(EventNotes({&cell, 1}),
              ElementsAre("not counted of threads: cycles, branches (no PMU)",
                          "not counted of CPUs: cycles, branches (forbidden)"));
  for (analysis::EventSummary& event : cell.events) {
    if (!event.median.ok()) event.median = Missing("no PMU");
  }
  EXPECT_THAT(EventNotes({&cell, 1}),
              ElementsAre("not counted of threads and CPUs: cycles, branches (no PMU)"));
}

TEST(EventNotesTest, WhatIsCountedInUserModeIsNotMissing) {
  analysis::CellSummary cell;
  cell.n = 8;
  cell.events.push_back(Summary("cycles", Of::kSenders, false, Missing("in user mode only")));
  cell.events.push_back(Summary("cycles", Of::kSenders, true, 5.0));
  EXPECT_THAT(EventNotes({&cell, 1}), IsEmpty());
}

TEST(EventNotesTest, WhereNothingWasMeasuredNothingIsMissing) {
  analysis::CellSummary cell;
  cell.events.push_back(Summary("cycles", Of::kSenders, false, Missing("skipped")));
  EXPECT_THAT(EventNotes({&cell, 1}), IsEmpty());
  EXPECT_THAT(EventNotes({}), IsEmpty());
}

}  // namespace
}  // namespace copycost::report
