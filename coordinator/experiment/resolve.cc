#include "coordinator/experiment/resolve.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/axis_values.h"
#include "common/events.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/record/attempt_row.h"
#include "coordinator/record/events.h"

namespace copycost {
namespace {

constexpr absl::string_view kDefaultName = "experiment";
constexpr size_t kMaxExperimentNameLength = 64;
constexpr uint32_t kDefaultRepeats = 8;

struct DurationRange {
  absl::string_view field;
  absl::Duration fallback;
  absl::Duration least;
  absl::Duration most;
};
constexpr DurationRange kWarmup{"warmup", absl::Milliseconds(200), absl::ZeroDuration(),
                                absl::Seconds(60)};
constexpr DurationRange kWindow{"window", absl::Milliseconds(600), absl::Milliseconds(100),
                                absl::Minutes(10)};

absl::Status ErrorAt(const LoadedExperiment& loaded, absl::string_view field,
                     absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(loaded.PlaceOf(field), ": ", message));
}

absl::Status ResolveName(LoadedExperiment& loaded) {
  std::string& name = *loaded.experiment.mutable_name();
  if (name.empty() && !loaded.Named("name")) name = std::string(kDefaultName);
  const bool known_letters = std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return absl::ascii_isalnum(letter) || letter == '-' || letter == '_';
  });
  if (known_letters && !name.empty() && name.size() <= kMaxExperimentNameLength)
    return absl::OkStatus();
  return ErrorAt(loaded, "name",
                 absl::StrCat("'", name, "' is no name; letters, digits, '-' and '_', 1 to ",
                              kMaxExperimentNameLength));
}

// Abseil writes zero as "0", which ParseDuration refuses for want of a unit.
std::string DurationWord(absl::Duration duration) {
  return duration == absl::ZeroDuration() ? "0s" : absl::FormatDuration(duration);
}

absl::Status ResolveDuration(const LoadedExperiment& loaded, const DurationRange& range,
                             std::string& word) {
  if (word.empty() && !loaded.Named(range.field)) word = DurationWord(range.fallback);
  const absl::StatusOr<absl::Duration> parsed = ParseDuration(word);
  if (!parsed.ok()) return Annotate(parsed.status(), loaded.PlaceOf(range.field));
  const absl::Duration duration = absl::Trunc(*parsed, absl::Nanoseconds(1));
  if (duration < range.least || duration > range.most) {
    return ErrorAt(loaded, range.field,
                   absl::StrCat("'", word, "' is out of range; ", DurationWord(range.least), " to ",
                                DurationWord(range.most)));
  }
  word = DurationWord(duration);
  return absl::OkStatus();
}

absl::Status ResolveRepeats(LoadedExperiment& loaded) {
  v1::Experiment& experiment = loaded.experiment;
  if (experiment.repeats() == 0 && !loaded.Named("repeats")) {
    experiment.set_repeats(kDefaultRepeats);
  }
  if (experiment.repeats() >= 1 && experiment.repeats() <= kMaxRepeats) return absl::OkStatus();
  return ErrorAt(
      loaded, "repeats",
      absl::StrCat(experiment.repeats(), " is out of range; 1 to ", kMaxRepeats, " blocks"));
}

absl::Status ResolveLedger(const LoadedExperiment& loaded) {
  if (!loaded.experiment.has_ledger_hz()) return absl::OkStatus();
  const uint32_t hz = loaded.experiment.ledger_hz();
  if (hz >= 1 && hz <= kMostLedgerHz) return absl::OkStatus();
  return ErrorAt(loaded, "ledger_hz",
                 absl::StrCat(hz, " is out of range; 1 to ", kMostLedgerHz, " samples a second"));
}

absl::Status ResolveTopology(LoadedExperiment& loaded) {
  v1::Experiment& experiment = loaded.experiment;
  if (experiment.topology().empty() && !loaded.Named("topology")) {
    experiment.set_topology(Label(v1::TOPOLOGY_KIND_NAMESPACES));
  }
  return Annotate(NumberOf(*v1::TopologyKind_descriptor(), experiment.topology()).status(),
                  loaded.PlaceOf("topology"));
}

// Which event, or "" for what is measured anyway, has a column; names that differ by case are one
// to SQLite.
class ColumnOwners {
 public:
  ColumnOwners() {
    for (const record::Field& field : record::AttemptRow({}, {})) owners_[Lower(field.name)] = "";
  }

  absl::Status Add(const std::string& event) {
    v1::Experiment one;
    one.add_events(event);
    for (const record::EventColumn& column : record::EventColumnsOf(one)) {
      const auto [known, is_new] = owners_.emplace(Lower(column.column), event);
      if (is_new) continue;
      if (known->second == event) {
        return absl::InvalidArgumentError(absl::StrCat(event, " is named twice"));
      }
      return absl::InvalidArgumentError(
          absl::StrCat(event, " would share the column ", column.column, " with ",
                       known->second.empty() ? "what is measured anyway" : known->second));
    }
    return absl::OkStatus();
  }

 private:
  static std::string Lower(const std::string& name) { return absl::AsciiStrToLower(name); }

  std::map<std::string, std::string> owners_;
};

// "cycles,instructions" of one entry becomes two. Columns are named after events.
absl::Status ResolveEvents(LoadedExperiment& loaded) {
  v1::Experiment& experiment = loaded.experiment;
  if (experiment.events().empty() && !loaded.Named("events")) {
    for (const absl::string_view event : kDefaultEvents) {
      experiment.add_events(std::string(event));
    }
  }
  std::vector<std::string> events;
  ColumnOwners columns;
  for (int i = 0; i < experiment.events_size(); ++i) {
    const std::string place = loaded.PlaceOf("events", static_cast<size_t>(i));
    for (const absl::string_view typed : absl::StrSplit(experiment.events(i), ',')) {
      const std::string event(absl::StripAsciiWhitespace(typed));
      RETURN_IF_ERROR(Annotate(CheckEventName(event), place));
      RETURN_IF_ERROR(Annotate(columns.Add(event), place));
      events.push_back(event);
    }
  }
  if (events.size() > 1 && std::find(events.begin(), events.end(), kNoEvents) != events.end()) {
    return ErrorAt(loaded, "events", absl::StrCat("'", kNoEvents, "' stands alone"));
  }
  if (events.size() > kMostEvents) {
    return ErrorAt(loaded, "events", absl::StrCat(events.size(), " events; at most ", kMostEvents));
  }
  experiment.mutable_events()->Assign(events.begin(), events.end());
  if (loaded.Named("events")) loaded.places["events"].resize(1);
  return absl::OkStatus();
}

absl::Status ResolveSeed(v1::Experiment& experiment) {
  if (experiment.has_seed()) return absl::OkStatus();
  uint64_t seed = 0;
  if (::getentropy(&seed, sizeof(seed)) != 0) return ErrnoStatus("getentropy");
  experiment.set_seed(seed);
  return absl::OkStatus();
}

// One entry of an axis, as typed, becomes its words and the place of each.
struct AxisWords {
  std::vector<std::string> words;
  std::vector<std::string> places;
};

absl::Status AppendWords(const AxisField& axis, const std::string& list, const std::string& place,
                         AxisWords& result) {
  ASSIGN_OR_RETURN(const std::vector<std::string> words, ExpandAxis(axis, {list}));
  for (const std::string& word : words) {
    v1::Workload workload;
    RETURN_IF_ERROR(ApplyAxis(axis, word, workload));
    result.words.push_back(AxisWord(axis, workload));
    result.places.push_back(place);
  }
  return absl::OkStatus();
}

absl::Status ResolveAxis(const AxisField& axis, LoadedExperiment& loaded) {
  std::vector<std::string> lists = AxisValues(axis, loaded.experiment.matrix());
  if (lists.empty()) lists = {axis.default_values};
  AxisWords resolved;
  for (size_t i = 0; i < lists.size(); ++i) {
    const std::string place = loaded.PlaceOf(axis.name, i);
    RETURN_IF_ERROR(Annotate(AppendWords(axis, lists[i], place, resolved), place));
  }
  // Once more over all entries together, for the limit on values of one axis.
  RETURN_IF_ERROR(Annotate(ExpandAxis(axis, resolved.words).status(), loaded.PlaceOf(axis.name)));
  SetAxisValues(axis, resolved.words, *loaded.experiment.mutable_matrix());
  if (loaded.Named(axis.name)) loaded.places[axis.name] = std::move(resolved.places);
  return absl::OkStatus();
}

absl::Status CheckCrossed(const LoadedExperiment& loaded) {
  for (const std::string& mode : loaded.experiment.crossed()) {
    RETURN_IF_ERROR(
        Annotate(NumberOf(*v1::SendMode_descriptor(), mode).status(), loaded.PlaceOf("crossed")));
  }
  return absl::OkStatus();
}

absl::Status CheckCellCount(const LoadedExperiment& loaded) {
  size_t cells = 1;
  std::vector<std::string> factors;
  for (const AxisField& axis : Axes()) {
    const size_t values = AxisValues(axis, loaded.experiment.matrix()).size();
    if (values > 1) factors.push_back(absl::StrCat(loaded.PlaceOf(axis.name), " has ", values));
    cells = std::min(cells * values, kMaxCells + 1);
  }
  if (cells <= kMaxCells) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "more than ", kMaxCells, " cells; name fewer values (", absl::StrJoin(factors, ", "), ")"));
}

// The possible number of fields nearest to the one asked for.
uint32_t NearestDivisor(uint64_t bytes, uint32_t fields, uint64_t most) {
  for (uint32_t distance = 1;; ++distance) {
    const uint32_t above = fields + distance;
    if (above <= most && bytes % above == 0) return above;
    if (distance < fields && bytes % (fields - distance) == 0) return fields - distance;
  }
}

std::string SizesAround(uint64_t bytes, uint32_t fields, uint64_t most) {
  const uint64_t below = bytes / fields * fields;
  std::vector<uint64_t> sizes;
  if (below > 0) sizes.push_back(below);
  if (below + fields <= most) sizes.push_back(below + fields);
  return absl::StrJoin(sizes, " or ");
}

// `sizes` is the axis of messages or that of responses.
absl::Status CheckSplit(const LoadedExperiment& loaded, const AxisField& sizes, size_t size_index,
                        size_t fields_index) {
  const AxisField& parts = *FindAxis("fields");
  v1::Workload workload;
  const v1::Matrix& matrix = loaded.experiment.matrix();
  RETURN_IF_ERROR(ApplyAxis(sizes, AxisValues(sizes, matrix)[size_index], workload));
  RETURN_IF_ERROR(ApplyAxis(parts, matrix.fields(fields_index), workload));
  const uint64_t bytes = workload.message_bytes() + workload.response_bytes();  // one is 0
  const uint32_t fields = workload.fields();
  if (bytes % fields == 0) return absl::OkStatus();
  // The axis that only has its default is not the one to blame.
  const std::string place = loaded.Named(sizes.name) || !loaded.Named(parts.name)
                                ? loaded.PlaceOf(sizes.name, size_index)
                                : loaded.PlaceOf(parts.name, fields_index);
  return absl::InvalidArgumentError(
      absl::StrCat(place, ": ", bytes, " bytes cannot be split into ", fields,
                   " equal fields; use --fields ", NearestDivisor(bytes, fields, parts.maximum),
                   ", or sizes such as ", SizesAround(bytes, fields, sizes.maximum)));
}

absl::Status CheckSplits(const LoadedExperiment& loaded) {
  const v1::Matrix& matrix = loaded.experiment.matrix();
  for (const char* name : {"message_bytes", "response_bytes"}) {
    const AxisField& sizes = *FindAxis(name);
    for (size_t size = 0; size < AxisValues(sizes, matrix).size(); ++size) {
      for (int fields = 0; fields < matrix.fields_size(); ++fields) {
        RETURN_IF_ERROR(CheckSplit(loaded, sizes, size, fields));
      }
    }
  }
  return absl::OkStatus();
}

// Whether a pattern of the experiment has a part for the axis.
bool AnyPatternHas(const v1::Matrix& matrix, const AxisField& axis) {
  const AxisField& patterns = *FindAxis("pattern");
  const auto& words = matrix.pattern();
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    v1::Workload workload;
    return ApplyAxis(patterns, word, workload).ok() && AxisApplies(*axis.field, workload);
  });
}

// Responses and a rate are for patterns that have them. Beside others they are well: cells of a
// pattern without them have none.
absl::Status CheckPatterns(const LoadedExperiment& loaded) {
  const v1::Matrix& matrix = loaded.experiment.matrix();
  for (const char* name : {"response_bytes", "rate"}) {
    const AxisField& axis = *FindAxis(name);
    const std::vector<std::string> words = AxisValues(axis, matrix);
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i] == axis.zero_word || AnyPatternHas(matrix, axis)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          loaded.PlaceOf(name, i), ": no pattern of this experiment has ",
          axis.name == "rate" ? "a rate; add --pattern paced" : "responses; add --pattern rr",
          ", or leave --", axis.flag, " out"));
    }
  }
  const AxisField& rates = *FindAxis("rate");
  const std::vector<std::string> words = AxisValues(rates, matrix);
  const auto none = std::find(words.begin(), words.end(), rates.zero_word);
  if (none == words.end() || !AnyPatternHas(matrix, rates)) return absl::OkStatus();
  const std::string place = loaded.Named("rate") ? loaded.PlaceOf("rate", none - words.begin())
                                                 : loaded.PlaceOf("pattern");
  return absl::InvalidArgumentError(absl::StrCat(
      place, ": paced needs a rate, the exchanges per second of each flow, such as --rate 1000"));
}

// Whether a transport of the experiment has a part for the axis.
bool AnyTransportHas(const v1::Matrix& matrix, const AxisField& axis) {
  const AxisField& transports = *FindAxis("transport");
  const auto& words = matrix.transport();
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    v1::Workload workload;
    return ApplyAxis(transports, word, workload).ok() &&
           TransportHas(axis.field->options().GetExtension(v1::axis), workload.transport());
  });
}

// What only a network has, or only TCP, is for transports with a part for it. Beside others it is
// well: cells of another transport have no part in it.
absl::Status CheckTransports(const LoadedExperiment& loaded) {
  const v1::Matrix& matrix = loaded.experiment.matrix();
  for (const AxisField& axis : Axes()) {
    if (!loaded.Named(axis.name) || AnyTransportHas(matrix, axis)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(loaded.PlaceOf(axis.name), ": ", absl::StrJoin(matrix.transport(), ", "),
                     " has no part in it; add --transport tcp, or leave --", axis.flag, " out"));
  }
  return absl::OkStatus();
}

absl::Status CheckAlignments(const LoadedExperiment& loaded) {
  const AxisField& axis = *FindAxis("alignment_bytes");
  const std::vector<std::string> words = AxisValues(axis, loaded.experiment.matrix());
  for (size_t i = 0; i < words.size(); ++i) {
    v1::Workload workload;
    RETURN_IF_ERROR(ApplyAxis(axis, words[i], workload));
    if (workload.alignment_bytes() == 0 || std::has_single_bit(workload.alignment_bytes()))
      continue;
    return absl::InvalidArgumentError(absl::StrCat(loaded.PlaceOf(axis.name, i), ": '", words[i],
                                                   "' is no power of two; such as 1, 64 or 4K"));
  }
  return absl::OkStatus();
}

// Every touch meets every read, so `verify` must stand alone on both axes or on neither.
absl::Status CheckVerify(const LoadedExperiment& loaded) {
  const std::string touch = Label(v1::TOUCH_VERIFY);
  const std::string read = Label(v1::READ_VERIFY);
  const auto& touches = loaded.experiment.matrix().touch();
  const auto& reads = loaded.experiment.matrix().read();
  const auto verifying = std::count(touches.begin(), touches.end(), touch) +
                         std::count(reads.begin(), reads.end(), read);
  if (verifying == 0 || verifying == touches.size() + reads.size()) return absl::OkStatus();
  const bool written = std::count(touches.begin(), touches.end(), touch) > 0;
  return ErrorAt(loaded, written ? "touch" : "read",
                 absl::StrCat("verify works on both sides or not at all: --touch ", touch,
                              " --read ", read, ", with no other value beside it"));
}

}  // namespace

absl::Status Resolve(LoadedExperiment& loaded) {
  v1::Experiment& experiment = loaded.experiment;
  RETURN_IF_ERROR(ResolveName(loaded));
  for (const AxisField& axis : Axes()) RETURN_IF_ERROR(ResolveAxis(axis, loaded));
  RETURN_IF_ERROR(ResolveTopology(loaded));
  RETURN_IF_ERROR(ResolveDuration(loaded, kWarmup, *experiment.mutable_warmup()));
  RETURN_IF_ERROR(ResolveDuration(loaded, kWindow, *experiment.mutable_window()));
  RETURN_IF_ERROR(ResolveRepeats(loaded));
  RETURN_IF_ERROR(ResolveEvents(loaded));
  RETURN_IF_ERROR(ResolveLedger(loaded));
  RETURN_IF_ERROR(ResolveSeed(experiment));
  RETURN_IF_ERROR(CheckCrossed(loaded));
  RETURN_IF_ERROR(CheckCellCount(loaded));
  RETURN_IF_ERROR(CheckPatterns(loaded));
  RETURN_IF_ERROR(CheckTransports(loaded));
  RETURN_IF_ERROR(CheckSplits(loaded));
  RETURN_IF_ERROR(CheckAlignments(loaded));
  return CheckVerify(loaded);
}

v1::TopologyKind TopologyOf(const v1::Experiment& experiment) {
  return static_cast<v1::TopologyKind>(
      NumberOf(*v1::TopologyKind_descriptor(), experiment.topology())
          .value_or(v1::TOPOLOGY_KIND_UNSPECIFIED));
}

}  // namespace copycost
