#include "coordinator/report/experiment_file.h"

#include <google/protobuf/text_format.h>

namespace copycost::report {

std::string ExperimentTextproto(const v1::Experiment& experiment) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(experiment, &text);
  return text;
}

}  // namespace copycost::report
