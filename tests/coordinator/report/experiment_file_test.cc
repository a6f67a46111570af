#include "coordinator/report/experiment_file.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include "tests/testing/status_matchers.h"

namespace copycost::report {
namespace {

TEST(ExperimentFileTest, ReadsBackAsTheSameExperiment) {
  v1::Experiment experiment;
  experiment.set_name("quick");
  experiment.mutable_matrix()->add_send_mode("two-copy");
  experiment.set_seed(18'446'744'073'709'551'615u);
  v1::Experiment read;
  ASSERT_TRUE(
      google::protobuf::TextFormat::ParseFromString(ExperimentTextproto(experiment), &read));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(experiment, read));
}

}  // namespace
}  // namespace copycost::report
