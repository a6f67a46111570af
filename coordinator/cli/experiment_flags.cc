#include "coordinator/cli/experiment_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/events.h"
#include "common/status.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/experiment/presets.h"
#include "coordinator/experiment/resolve.h"

namespace copycost {
namespace {

std::string FlagNames(const AxisField& axis) {
  const std::string dashed = absl::StrCat("--", axis.flag);
  return axis.short_flag.empty() ? dashed : absl::StrCat("-", axis.short_flag, ",", dashed);
}

// What --help shows where the value stands.
std::string ValueText(const AxisField& axis) {
  const std::vector<std::string> words = AxisVocabulary(axis);
  return words.empty() ? "LIST" : absl::StrJoin(words, ",");
}

std::string TopologyWords() {
  return absl::StrJoin(AllValues<v1::TopologyKind>(), ",",
                       [](std::string* out, v1::TopologyKind kind) { out->append(Label(kind)); });
}

}  // namespace

// Everything is bound as text: the words are read by the room that owns them, and told about in its
// words, not in CLI11's.
ExperimentFlags::ExperimentFlags(CLI::App& app) : source_(Presets()[0].experiment.name()) {
  app.add_option("PRESET|FILE", source_, absl::StrCat("what to measure (default: ", source_, ")"))
      ->type_name("");
  AddAxes(app);
  app.add_option("--topology", topology_, "where the agents are")->type_name(TopologyWords());
  app.add_option("-t,--duration", duration_, "the measured window of a trial (600ms)")
      ->type_name("TIME");
  app.add_option("--warmup", warmup_, "time before the window (200ms)")->type_name("TIME");
  app.add_option("--repeats", repeats_, "blocks; each runs every cell once")->type_name("N");
  app.add_option("--seed", seed_, "decides the order of cells in every block (random)")
      ->type_name("N");
  app.add_flag("--all-pairs", all_pairs_,
               "every send mode with every receive mode, whatever the experiment leaves out");
  app.add_option(
         "--events", events_,
         absl::StrCat("what is counted of threads and CPUs: events of libpfm4, tracepoints, ",
                      kNoEvents, " (", absl::StrJoin(kDefaultEvents, ","), ")"))
      ->type_name("LIST")
      ->allow_extra_args(false);
  app.add_flag(
      "--ledger", ledger_,
      "after each block, its cells once more with samples taken: what CPU time was spent on");
  app.add_option("--ledger-hz", ledger_hz_,
                 absl::StrCat("--ledger with so many samples of each CPU a second, 1 to ",
                              kMostLedgerHz, " (", kDefaultLedgerHz, ")"))
      ->type_name("N");
  app.add_option("--name", name_, "name of the experiment")->type_name("NAME");
}

void ExperimentFlags::AddAxes(CLI::App& app) {
  for (const AxisField& axis : Axes()) {
    // One value a flag: "-m two-copy quick" leaves "quick" to the positional.
    app.add_option(FlagNames(axis), axis_lists_[axis.name],
                   absl::StrCat(axis.help, " (", axis.default_values, ")"))
        ->type_name(ValueText(axis))
        ->allow_extra_args(false)
        ->group("Axes (a comma list makes a cell of each value)");
  }
}

absl::StatusOr<LoadedExperiment> ExperimentFlags::Load(v1::TopologyKind topology) const {
  ASSIGN_OR_RETURN(LoadedExperiment loaded, LoadExperiment(source_));
  if (!loaded.Named("topology")) loaded.experiment.set_topology(Label(topology));
  for (const AxisField& axis : Axes()) {
    const std::vector<std::string>& lists = axis_lists_.at(axis.name);
    if (!lists.empty()) loaded.SetAxis(axis, lists, absl::StrCat("--", axis.flag));
  }
  // Who names modes means these pairs.
  const bool names_modes =
      !axis_lists_.at("send_mode").empty() || !axis_lists_.at("receive_mode").empty();
  if (all_pairs_ || names_modes) loaded.experiment.clear_crossed();
  SetTexts(loaded);
  if (!events_.empty()) {
    loaded.experiment.mutable_events()->Assign(events_.begin(), events_.end());
    loaded.places["events"] = {"--events"};
  }
  RETURN_IF_ERROR(Annotate(SetRepeats(loaded), "--repeats"));
  RETURN_IF_ERROR(Annotate(SetSeed(loaded), "--seed"));
  RETURN_IF_ERROR(Annotate(SetLedger(loaded), "--ledger-hz"));
  RETURN_IF_ERROR(Resolve(loaded));
  return loaded;
}

void ExperimentFlags::SetTexts(LoadedExperiment& loaded) const {
  if (topology_) {
    loaded.experiment.set_topology(*topology_);
    loaded.places["topology"] = {"--topology"};
  }
  if (duration_) {
    loaded.experiment.set_window(*duration_);
    loaded.places["window"] = {"--duration"};
  }
  if (warmup_) {
    loaded.experiment.set_warmup(*warmup_);
    loaded.places["warmup"] = {"--warmup"};
  }
  if (name_) {
    loaded.experiment.set_name(*name_);
    loaded.places["name"] = {"--name"};
  }
}

absl::Status ExperimentFlags::SetRepeats(LoadedExperiment& loaded) const {
  if (!repeats_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t repeats, ParseCount(*repeats_));
  if (repeats > kMaxRepeats) {
    return absl::InvalidArgumentError(
        absl::StrCat(repeats, " is out of range; 1 to ", kMaxRepeats, " blocks"));
  }
  loaded.experiment.set_repeats(static_cast<uint32_t>(repeats));
  loaded.places["repeats"] = {"--repeats"};
  return absl::OkStatus();
}

absl::Status ExperimentFlags::SetLedger(LoadedExperiment& loaded) const {
  if (ledger_ && !loaded.experiment.has_ledger_hz()) {
    loaded.experiment.set_ledger_hz(kDefaultLedgerHz);
  }
  if (!ledger_hz_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t hz, ParseCount(*ledger_hz_));
  loaded.experiment.set_ledger_hz(
      static_cast<uint32_t>(std::min<uint64_t>(hz, std::numeric_limits<uint32_t>::max())));
  loaded.places["ledger_hz"] = {"--ledger-hz"};
  return absl::OkStatus();
}

absl::Status ExperimentFlags::SetSeed(LoadedExperiment& loaded) const {
  if (!seed_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t seed, ParseCount(*seed_));
  loaded.experiment.set_seed(seed);
  return absl::OkStatus();
}

}  // namespace copycost
