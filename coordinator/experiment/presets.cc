#include "coordinator/experiment/presets.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/words.h"
#include "copycost/v1/copy_mode.pb.h"

namespace copycost {
namespace {

// What presets differ in; the rest is the default of each axis.
struct Outline {
  std::string name;
  std::string description;
  std::string send_modes;
  std::string receive_modes = "";  // the axis's default
  std::vector<std::string> crossed = {};
  std::string sizes;
  std::string threads;
  uint32_t repeats;
};

constexpr absl::string_view kClassicModes = "two-copy,one-copy,zero-copy";

// From the enum, so that a new mode is in `full` without anyone remembering this list.
template <typename Mode>
std::string Every() {
  return absl::StrJoin(AllValues<Mode>(), ",",
                       [](std::string* out, Mode mode) { out->append(Label(mode)); });
}

std::vector<Outline> Outlines() {
  return {
      {.name = "quick",
       .description = "two-copy, one-copy and zero-copy at a small and a large size",
       .send_modes = std::string(kClassicModes),
       .sizes = "4K,64K",
       .threads = "1",
       .repeats = 8},
      {.name = "classic",
       .description = "the same modes over sizes and threads, the matrix of GRS_PA02",
       .send_modes = std::string(kClassicModes),
       .sizes = "1K,4K,16K,64K",
       .threads = "1,2,4,8",
       .repeats = 7},
      {.name = "full",
       .description = "every send mode to recv, every receive mode from three of them, six sizes",
       .send_modes = Every<v1::SendMode>(),
       .receive_modes = Every<v1::ReceiveMode>(),
       .crossed = {"two-copy", "zero-copy", "sendfile"},
       .sizes = "1K,4K,16K,64K,256K,1M",
       .threads = "1",
       .repeats = 9},
  };
}

Preset MakePreset(const Outline& outline) {
  Preset preset{.description = outline.description, .experiment = {}};
  preset.experiment.set_name(outline.name);
  preset.experiment.set_repeats(outline.repeats);
  v1::Matrix& matrix = *preset.experiment.mutable_matrix();
  matrix.add_send_mode(outline.send_modes);
  if (!outline.receive_modes.empty()) matrix.add_receive_mode(outline.receive_modes);
  for (const std::string& mode : outline.crossed) preset.experiment.add_crossed(mode);
  matrix.add_message_bytes(outline.sizes);
  matrix.add_threads(outline.threads);
  return preset;
}

std::vector<Preset> MakePresets() {
  std::vector<Preset> presets;
  for (const Outline& outline : Outlines()) presets.push_back(MakePreset(outline));
  return presets;
}

}  // namespace

absl::Span<const Preset> Presets() {
  static const auto& presets = *new std::vector<Preset>(MakePresets());
  return presets;
}

absl::StatusOr<v1::Experiment> PresetExperiment(absl::string_view name) {
  std::vector<std::string> names;
  for (const Preset& preset : Presets()) {
    if (preset.experiment.name() == name) return preset.experiment;
    names.push_back(preset.experiment.name());
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", name, "' is no preset; one of: ", absl::StrJoin(names, ", "),
                   ". A file's name has a '/' or ends in .textproto"));
}

}  // namespace copycost
