#include "coordinator/experiment/plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/axis_values.h"
#include "common/buffer_axes.h"
#include "common/events.h"
#include "common/flow_axes.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/trial_validation.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/experiment/resolve.h"
#include "coordinator/experiment/ring_depth.h"
#include "coordinator/experiment/verification.h"

namespace copycost {
namespace {

// Connecting, starting together and draining, as measured on veth.
constexpr absl::Duration kTrialOverhead = absl::Milliseconds(30);

// Modes and sizes speak for themselves; "4" alone does not.
bool SpeaksForItself(const AxisField& axis) {
  switch (axis.field->number()) {
    case v1::Workload::kSendModeFieldNumber:
    case v1::Workload::kReceiveModeFieldNumber:
    case v1::Workload::kMessageBytesFieldNumber:
      return true;
    default:
      return false;
  }
}

// One axis's part in the product: its words, and for each its arm where the axis repeats any.
struct Factor {
  const AxisField& axis;
  std::vector<std::string> words;
  std::vector<uint32_t> arms;  // empty when no word repeats
};

Factor FactorOf(const AxisField& axis, const v1::Matrix& matrix) {
  Factor factor{.axis = axis, .words = AxisValues(axis, matrix), .arms = {}};
  std::map<std::string, uint32_t> namings;
  for (const std::string& word : factor.words) factor.arms.push_back(++namings[word]);
  if (namings.size() == factor.words.size()) factor.arms.clear();
  return factor;
}

// The smallest MTU at which a TCP segment with timestamps carries one page.
uint32_t MappableMtu(v1::IpVersion version) {
  constexpr uint32_t kPage = 4096;
  constexpr uint32_t kTcpHeader = 20 + 12;
  return kPage + kTcpHeader + (version == v1::IP_VERSION_6 ? 40 : 20);
}

// Stands for twice the last-level cache until that is known (Axis.one_word).
constexpr uint64_t kTwiceTheCache = 1;

// What stands for a value that follows from others, or from the hosts. Axes are applied in their
// order, and such a value comes after those it follows from.
void ResolveFromOthers(const HostLimits& limits, v1::Workload& workload) {
  if (workload.mtu() == 1) workload.set_mtu(MappableMtu(workload.ip_version()));
  if (workload.response_bytes() == 0 && Exchanges(workload.pattern())) {
    workload.set_response_bytes(workload.message_bytes());
  }
  const google::protobuf::FieldDescriptor& nodelay =
      *v1::Workload::descriptor()->FindFieldByNumber(v1::Workload::kNodelayFieldNumber);
  if (workload.nodelay() == v1::NODELAY_UNSPECIFIED && AxisApplies(nodelay, workload)) {
    workload.set_nodelay(Exchanges(workload.pattern()) ? v1::NODELAY_ON : v1::NODELAY_OFF);
  }
  if (workload.working_set_bytes() == kTwiceTheCache && limits.last_level_cache_bytes) {
    workload.set_working_set_bytes(2 * *limits.last_level_cache_bytes);
  }
  if (workload.message_bytes() > 0 && workload.working_set_bytes() != kTwiceTheCache) {
    workload.set_working_set_bytes(
        WorkingSetOf(workload.working_set_bytes(), workload.message_bytes()));
  }
  if (workload.read() == v1::READ_UNSPECIFIED) {
    workload.set_read(MapsPages(workload.receive_mode()) ? v1::READ_CHECKSUM : v1::READ_NONE);
  }
}

// An axis that the cell's pattern has no part for leaves it as it is, and one cell.
size_t ValuesFor(const v1::Cell& cell, const Factor& factor) {
  const bool applies = AxisApplies(*factor.axis.field, cell.workload());
  return applies ? factor.words.size() : 1;
}

absl::StatusOr<v1::Cell> WithValue(const v1::Cell& cell, const Factor& factor, size_t index,
                                   const HostLimits& limits) {
  v1::Cell result = cell;
  if (AxisApplies(*factor.axis.field, cell.workload())) {
    RETURN_IF_ERROR(ApplyAxis(factor.axis, factor.words[index], *result.mutable_workload()));
  }
  ResolveFromOthers(limits, *result.mutable_workload());
  if (!factor.arms.empty()) (*result.mutable_arms())[factor.axis.name] = factor.arms[index];
  if (ValuesFor(cell, factor) > 1) {
    absl::StrAppend(result.mutable_label(), result.label().empty() ? "" : " ",
                    SpeaksForItself(factor.axis) ? "" : absl::StrCat(factor.axis.name, "="),
                    AxisWord(factor.axis, result));
  }
  return result;
}

absl::StatusOr<std::vector<v1::Cell>> Product(const v1::Experiment& experiment,
                                              const v1::Workload& common,
                                              const HostLimits& limits) {
  std::vector<v1::Cell> cells(1);
  *cells[0].mutable_workload() = common;
  for (const AxisField& axis : Axes()) {
    const Factor factor = FactorOf(axis, experiment.matrix());
    std::vector<v1::Cell> next;
    next.reserve(cells.size() * factor.words.size());
    for (const v1::Cell& cell : cells) {
      for (size_t i = 0; i < ValuesFor(cell, factor); ++i) {
        ASSIGN_OR_RETURN(next.emplace_back(), WithValue(cell, factor, i, limits));
      }
    }
    cells = std::move(next);
  }
  return cells;
}

// What all cells have in common.
absl::StatusOr<v1::Workload> CommonOf(const v1::Experiment& experiment) {
  ASSIGN_OR_RETURN(const absl::Duration warmup, ParseDuration(experiment.warmup()));
  ASSIGN_OR_RETURN(const absl::Duration window, ParseDuration(experiment.window()));
  v1::Workload workload;
  workload.set_warmup_ns(absl::ToInt64Nanoseconds(warmup));
  workload.set_window_ns(absl::ToInt64Nanoseconds(window));
  return workload;
}

template <typename Mode>
std::optional<std::string> WhyMissing(Mode mode, const std::map<Mode, std::string>& missing,
                                      absl::string_view side) {
  const auto found = missing.find(mode);
  if (found == missing.end()) return std::nullopt;
  return absl::StrCat("the ", side, " lacks ", Label(mode), ": ", found->second);
}

// Where the pattern has exchanges both sides send and receive.
std::optional<std::string> WhyNoSendMode(const v1::Workload& workload, const HostLimits& limits) {
  auto why = WhyMissing(workload.send_mode(), limits.missing_send_modes, "sender");
  if (why || !Exchanges(workload.pattern())) return why;
  return WhyMissing(workload.send_mode(), limits.missing_send_modes_of_receiver, "receiver");
}

std::optional<std::string> WhyNoReceiveMode(const v1::Workload& workload,
                                            const HostLimits& limits) {
  auto why = WhyMissing(workload.receive_mode(), limits.missing_receive_modes, "receiver");
  if (why || !Exchanges(workload.pattern())) return why;
  return WhyMissing(workload.receive_mode(), limits.missing_receive_modes_of_sender, "sender");
}

std::optional<std::string> WhyNoIpVersion(const v1::Workload& workload, const HostLimits& limits) {
  const auto found = limits.missing_ip_versions.find(workload.ip_version());
  if (found == limits.missing_ip_versions.end()) return std::nullopt;
  return absl::StrCat("no IPv", Label(workload.ip_version()), ": ", found->second);
}

std::optional<std::string> WhyNoTransport(const v1::Workload& workload, const HostLimits& limits) {
  const auto found = limits.missing_transports.find(workload.transport());
  if (found == limits.missing_transports.end()) return std::nullopt;
  return absl::StrCat("no ", Label(workload.transport()), ": ", found->second);
}

std::optional<std::string> WhyNoModeOver(const v1::Workload& workload, const HostLimits& limits) {
  const v1::Transport over = workload.transport();
  const auto send = limits.missing_send_modes_over.find({over, workload.send_mode()});
  if (send != limits.missing_send_modes_over.end()) {
    return absl::StrCat(Label(workload.send_mode()), " is ", send->second);
  }
  const auto receive = limits.missing_receive_modes_over.find({over, workload.receive_mode()});
  if (receive != limits.missing_receive_modes_over.end()) {
    return absl::StrCat(Label(workload.receive_mode()), " is ", receive->second);
  }
  return std::nullopt;
}

std::optional<std::string> WhyNothingToRead(const v1::Workload& workload,
                                            const HostLimits& /*limits*/) {
  if (workload.read() == v1::READ_NONE || !DeliversNothing(workload.receive_mode())) {
    return std::nullopt;
  }
  return absl::StrCat(Label(workload.receive_mode()), " delivers nothing to read");
}

std::optional<std::string> WhyNoHugePages(const v1::Workload& workload, const HostLimits& limits) {
  const auto found = limits.missing_huge_pages.find(workload.huge_pages());
  if (found == limits.missing_huge_pages.end()) return std::nullopt;
  return absl::StrCat("no ", Label(workload.huge_pages()), " huge pages: ", found->second);
}

std::optional<std::string> WhyNoPlacementOf(const v1::Workload& workload,
                                            const HostLimits& limits) {
  const auto found = limits.missing_placements.find({workload.placement(), workload.ip_version()});
  if (found == limits.missing_placements.end()) return std::nullopt;
  return absl::StrCat("no placement ", Label(workload.placement()), ": ", found->second);
}

std::optional<std::string> WhyNoWorkingSet(const v1::Workload& workload,
                                           const HostLimits& /*limits*/) {
  if (workload.working_set_bytes() != kTwiceTheCache) return std::nullopt;
  return "the hosts do not tell how large their last-level caches are; name the bytes, as in "
         "--working-set 64M";
}

std::optional<std::string> WhyNotShared(const v1::Workload& workload,
                                        const HostLimits& /*limits*/) {
  const absl::Status shared = CheckSharedThreads(workload);
  return shared.ok() ? std::nullopt : std::optional(std::string(shared.message()));
}

std::optional<std::string> WhyNoExtraCopies(const v1::Workload& workload,
                                            const HostLimits& /*limits*/) {
  if (workload.extra_copies() == 0 || Stages(workload.send_mode())) return std::nullopt;
  return absl::StrCat(
      Label(workload.send_mode()),
      " copies no message in the sender's memory, so that it can make no more copies");
}

// What a host has or has not, and what contradicts itself, by the axis that asks for it.
struct Feature {
  absl::string_view axis;
  absl::string_view and_axis;  // it is an error only if the user named both
  std::optional<std::string> (*why_not)(const v1::Workload& workload, const HostLimits& limits);
};
constexpr Feature kFeatures[] = {{"transport", "transport", WhyNoTransport},
                                 {"ip_version", "ip_version", WhyNoIpVersion},
                                 {"send_mode", "send_mode", WhyNoSendMode},
                                 {"receive_mode", "receive_mode", WhyNoReceiveMode},
                                 {"huge_pages", "huge_pages", WhyNoHugePages},
                                 {"placement", "placement", WhyNoPlacementOf},
                                 {"working_set_bytes", "working_set_bytes", WhyNoWorkingSet},
                                 {"flows_per_thread", "pattern", WhyNotShared},
                                 {"extra_copies", "send_mode", WhyNoExtraCopies},
                                 {"read", "receive_mode", WhyNothingToRead}};

// Locked memory without which the workload cannot run.
uint64_t LockedBytesNeeded(const v1::Workload& workload) {
  return PinsBuffers(workload.send_mode()) ? LockedBytes(workload, LeastRingDepth(workload)) : 0;
}

std::optional<std::string> WhyNoMemory(const v1::Workload& workload, const HostLimits& limits) {
  const uint64_t needed = LockedBytesNeeded(workload);
  const std::optional<uint64_t> limit = LockedMemoryFor(workload, limits);
  if (!limit || needed <= *limit) return std::nullopt;
  return absl::StrCat(Label(workload.send_mode()), " needs ", FormatBytes(needed),
                      " of locked memory (", FlowsOf(workload),
                      FlowsOf(workload) == 1 ? " flow, " : " flows, ", LeastRingDepth(workload),
                      " buffers each), ",
                      Exchanges(workload.pattern()) ? "the smaller limit" : "the sender's limit",
                      " is ", FormatBytes(*limit), "; raise it: ulimit -l ", needed / 1024,
                      ", or LimitMEMLOCK= in systemd, or run as root");
}

std::optional<std::string> WhyNot(const v1::Workload& workload, const HostLimits& limits) {
  for (const Feature& feature : kFeatures) {
    if (auto why = feature.why_not(workload, limits)) return why;
  }
  // Left out with the reason even where the user named both: the mode may be there for another
  // transport beside, and a mode that no transport takes leaves nothing to measure.
  if (auto why = WhyNoModeOver(workload, limits)) return why;
  if (const absl::Status datagrams = CheckDatagrams(workload); !datagrams.ok()) {
    return std::string(datagrams.message());
  }
  if (const absl::Status buffers = CheckBufferAxes(workload); !buffers.ok()) {
    return std::string(buffers.message());
  }
  if (const absl::Status flows = CheckFlowCount(workload); !flows.ok()) {
    return std::string(flows.message());
  }
  return WhyNoMemory(workload, limits);
}

// "--send: why", with the place where the user named the workload's word of this axis.
absl::Status NamedButImpossible(const LoadedExperiment& loaded, absl::string_view axis_name,
                                const v1::Workload& workload, absl::string_view why) {
  const AxisField& axis = *FindAxis(axis_name);
  const std::vector<std::string> words = AxisValues(axis, loaded.experiment.matrix());
  const auto word = std::find(words.begin(), words.end(), AxisWord(axis, workload));
  return absl::FailedPreconditionError(
      absl::StrCat(loaded.PlaceOf(axis_name, word - words.begin()), ": ", why));
}

// What the user asked for by name is not left out in silence.
absl::Status CheckNamedFeatures(const LoadedExperiment& loaded, const HostLimits& limits,
                                absl::Span<const v1::Cell> cells) {
  for (const v1::Cell& cell : cells) {
    for (const Feature& feature : kFeatures) {
      if (!loaded.Named(feature.axis) || !loaded.Named(feature.and_axis)) continue;
      if (const auto why = feature.why_not(cell.workload(), limits)) {
        return NamedButImpossible(loaded, feature.axis, cell.workload(), *why);
      }
    }
  }
  return absl::OkStatus();
}

// Some cells may lack the memory, but not every one that a mode the user named needs it for.
absl::Status CheckNamedMemory(const LoadedExperiment& loaded, const HostLimits& limits,
                              absl::Span<const v1::Cell> cells) {
  const v1::Workload* cheapest = nullptr;
  for (const v1::Cell& cell : cells) {
    const uint64_t needed = LockedBytesNeeded(cell.workload());
    if (needed == 0) continue;
    if (!cheapest || needed < LockedBytesNeeded(*cheapest)) cheapest = &cell.workload();
  }
  if (!cheapest || !loaded.Named("send_mode")) return absl::OkStatus();
  const std::optional<std::string> why = WhyNoMemory(*cheapest, limits);
  if (!why) return absl::OkStatus();
  return NamedButImpossible(loaded, "send_mode", *cheapest,
                            absl::StrCat("even the smallest cell of ", *why));
}

// Whether the experiment wants this pair of modes.
bool IsWanted(const v1::Experiment& experiment, const v1::Workload& workload) {
  if (experiment.crossed().empty()) return true;
  const std::string receive = Label(workload.receive_mode());
  if (receive == experiment.matrix().receive_mode(0)) return true;
  const auto& crossed = experiment.crossed();
  return std::find(crossed.begin(), crossed.end(), Label(workload.send_mode())) != crossed.end();
}

void AddCell(v1::Cell cell, const HostLimits& limits, v1::Plan& plan) {
  if (cell.label().empty()) cell.set_label(Label(cell.workload().send_mode()));
  if (const std::optional<std::string> why = WhyNot(cell.workload(), limits)) {
    v1::SkippedCell& skipped = *plan.add_skipped();
    *skipped.mutable_workload() = cell.workload();
    skipped.set_label(cell.label());
    skipped.set_reason(*why);
    return;
  }
  cell.set_id(plan.cells_size() + 1);
  *plan.add_cells() = std::move(cell);
}

void AddVerifications(v1::Plan& plan) {
  std::vector<v1::Workload> measured;
  for (const v1::Cell& cell : plan.cells()) measured.push_back(cell.workload());
  for (const v1::Workload& workload : VerificationsOf(measured)) {
    *plan.add_verifications() = workload;
  }
}

// How often each cell is run.
uint64_t Passes(const v1::Experiment& experiment) {
  return uint64_t{experiment.repeats()} * (experiment.has_ledger_hz() ? 2 : 1);
}

}  // namespace

absl::StatusOr<v1::Plan> MakePlan(const LoadedExperiment& loaded, const HostLimits& limits) {
  ASSIGN_OR_RETURN(const v1::Workload common, CommonOf(loaded.experiment));
  ASSIGN_OR_RETURN(const std::vector<v1::Cell> cells, Product(loaded.experiment, common, limits));
  RETURN_IF_ERROR(CheckNamedFeatures(loaded, limits, cells));
  RETURN_IF_ERROR(CheckNamedMemory(loaded, limits, cells));

  v1::Plan plan;
  *plan.mutable_experiment() = loaded.experiment;
  for (const v1::Cell& cell : cells) {
    if (IsWanted(loaded.experiment, cell.workload())) AddCell(cell, limits, plan);
  }
  if (plan.cells().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("nothing of this experiment can be measured here: ",
                     plan.skipped().empty() ? "it has no cells" : plan.skipped(0).reason()));
  }
  AddVerifications(plan);
  return plan;
}

std::vector<const AxisField*> VaryingAxes(const v1::Experiment& resolved) {
  std::vector<const AxisField*> varying;
  for (const AxisField& axis : Axes()) {
    if (AxisValues(axis, resolved.matrix()).size() > 1) varying.push_back(&axis);
  }
  return varying;
}

std::string AxisWord(const AxisField& axis, const v1::Cell& cell) {
  std::string word = AxisWord(axis, cell.workload());
  const auto arm = cell.arms().find(axis.name);
  if (arm == cell.arms().end() || arm->second < 2) return word;
  return absl::StrCat(word, "#", arm->second);
}

uint64_t TrialCount(const v1::Plan& plan) {
  return Passes(plan.experiment()) * plan.cells_size() + plan.verifications_size();
}

absl::Duration EstimateDuration(const v1::Plan& plan) {
  absl::Duration block;
  for (const v1::Cell& cell : plan.cells()) {
    block += absl::Nanoseconds(cell.workload().warmup_ns() + cell.workload().window_ns());
    block += kTrialOverhead;
  }
  absl::Duration verifications;
  for (const v1::Workload& workload : plan.verifications()) {
    verifications += EstimateTraffic(workload) + kTrialOverhead;
  }
  return verifications + block * static_cast<int64_t>(Passes(plan.experiment()));
}

absl::Status CheckPlan(const v1::Plan& plan) {
  const v1::Experiment& experiment = plan.experiment();
  RETURN_IF_ERROR(NumberOf(*v1::TopologyKind_descriptor(), experiment.topology()).status());
  if (experiment.repeats() == 0 || experiment.repeats() > kMaxRepeats) {
    return absl::InvalidArgumentError(
        absl::StrCat("the plan has ", experiment.repeats(), " blocks"));
  }
  if (experiment.has_ledger_hz() &&
      (experiment.ledger_hz() == 0 || experiment.ledger_hz() > kMostLedgerHz)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the plan has ", experiment.ledger_hz(), " samples a second"));
  }
  if (plan.cells_size() == 0 || plan.cells_size() > static_cast<int>(kMaxCells)) {
    return absl::InvalidArgumentError(absl::StrCat("the plan has ", plan.cells_size(), " cells"));
  }
  for (int i = 0; i < plan.cells_size(); ++i) {
    if (plan.cells(i).id() != static_cast<uint32_t>(i) + 1) {
      return absl::InvalidArgumentError(absl::StrCat("cell ", i + 1, " has another number"));
    }
    RETURN_IF_ERROR(ValidateWorkload(plan.cells(i).workload()));
  }
  for (const v1::Workload& verification : plan.verifications()) {
    RETURN_IF_ERROR(ValidateWorkload(verification));
  }
  return absl::OkStatus();
}

}  // namespace copycost
