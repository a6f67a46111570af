#include "coordinator/experiment/presets.h"

#include "common/words.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/experiment/resolve.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::ElementsAre;

v1::Plan PlanOf(absl::string_view preset) {
  LoadedExperiment loaded = *LoadExperiment(preset);
  EXPECT_OK(Resolve(loaded));
  return *MakePlan(loaded, HostLimits());
}

TEST(PresetsTest, TheFirstIsQuick) { EXPECT_EQ(Presets()[0].experiment.name(), "quick"); }

TEST(PresetsTest, EachMakesAPlanAndSaysWhatItIs) {
  for (const Preset& preset : Presets()) {
    EXPECT_GT(PlanOf(preset.experiment.name()).cells_size(), 0) << preset.experiment.name();
    EXPECT_NE(preset.description, "") << preset.experiment.name();
  }
}

TEST(PresetsTest, QuickTakesAboutFortySeconds) {
  const v1::Plan plan = PlanOf("quick");
  EXPECT_EQ(plan.cells_size(), 6);
  EXPECT_EQ(plan.experiment().repeats(), 8u);
  EXPECT_LT(EstimateDuration(plan), absl::Seconds(45));
}

TEST(PresetsTest, ClassicHas48CellsAndTakesUnderFiveMinutes) {
  const v1::Plan plan = PlanOf("classic");
  EXPECT_EQ(plan.cells_size(), 48);
  EXPECT_EQ(plan.experiment().repeats(), 7u);
  EXPECT_LT(EstimateDuration(plan), absl::Minutes(5));
}

TEST(PresetsTest, FullHasEverySendMode) {
  EXPECT_EQ(PlanOf("full").experiment().matrix().send_mode_size(),
            static_cast<int>(AllValues<v1::SendMode>().size()));
  EXPECT_EQ(PlanOf("full").experiment().matrix().receive_mode_size(),
            static_cast<int>(AllValues<v1::ReceiveMode>().size()));
}

}  // namespace
}  // namespace copycost
