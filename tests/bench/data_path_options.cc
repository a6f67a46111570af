#include "tests/bench/data_path_options.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/status.h"
#include "common/units.h"
#include "common/words.h"
#include "coordinator/cli/command_line.h"

namespace copycost::bench {
namespace {

constexpr uint32_t kFewestPairs = 6;  // the interval needs so many
constexpr uint32_t kMostPairs = 60;
constexpr uint32_t kMostRounds = 16;
constexpr uint64_t kLeastReceiveBuffer = 64 << 10;
constexpr uint64_t kMostReceiveBuffer = 32 << 20;

// As typed; empty or absent: the default of what is compared with.
struct Words {
  std::string modes;
  std::string receive_modes;
  std::string sizes = "1K,16K,64K";
  std::optional<uint32_t> fields;
  std::string congestion;
  std::string warmup;
  std::string window;
  std::string receive_buffer;
  std::optional<double> at_least;
  std::optional<uint64_t> seed;
};

void AddFlags(CLI::App& app, Words& words, DataPathOptions& options) {
  app.add_option("--against", options.against,
                 "bare, iperf3, nuttcp, or product: itself, to see what is noise [bare]");
  app.add_option("--send", words.modes,
                 "send modes, or 'all' [two-copy,one-copy,zero-copy; against a peer one-copy]");
  app.add_option("--receive", words.receive_modes, "receive modes, or 'all' [recv]");
  app.add_option("--sizes", words.sizes, "message sizes [1K,16K,64K]");
  app.add_option("--fields", words.fields, "fields of a message [8; against a peer 1]");
  app.add_option("--congestion", words.congestion, "TCP congestion control [cubic]");
  app.add_option("--pairs", options.pairs, "pairs for each mode and size [20]")
      ->check(CLI::Range(kFewestPairs, kMostPairs));
  app.add_option("--rounds", options.rounds, "executions of each side in a pair [1]")
      ->check(CLI::Range(1u, kMostRounds));
  app.add_option("--warmup", words.warmup, "before the window [200ms; 1s against a peer]");
  app.add_option("--window", words.window, "what is measured [600ms; 1s against a peer]");
  app.add_option("--receive-buffer", words.receive_buffer,
                 "of each connection, 64K to 32M [as TCP sizes it]");
  app.add_option("--mtu", options.mtu, "of the veth pair, 1280 to 65535 [as it is]")
      ->check(CLI::Range(1280u, 65535u));
  app.add_option("--at-least", words.at_least,
                 "what a ratio's lower bound must reach [0.95]; against a peer its upper [0.98]");
  app.add_option("--seed", words.seed, "decides every order [random]");
  app.add_flag("--json", options.json, "JSON lines on stdout instead of the table");
  app.add_flag("--share-host", options.share_host, "although another run measures on this host");
  app.add_option("--agent-binary", options.agent_binary,
                 "the copycost-agent to run [beside this program, else in PATH]");
}

// Null for what is no peer.
absl::StatusOr<const Peer*> PeerNamed(absl::string_view against) {
  std::vector<absl::string_view> names = {kAgainstBare, kAgainstProduct};
  if (against == kAgainstBare || against == kAgainstProduct) return nullptr;
  for (const Peer& peer : Peers()) {
    if (peer.name == against) return &peer;
    names.push_back(peer.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--against: '", against, "' is none of ", absl::StrJoin(names, ", ")));
}

// What a peer cannot be told must not be asked of the product alone.
absl::Status CheckAgainst(const Peer& peer, const Words& words) {
  if (!words.modes.empty() || !words.receive_modes.empty() || words.fields.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--send, --receive, --fields: against ", peer.name,
                     " they are one-copy, recv and 1, as it does itself"));
  }
  if (!words.congestion.empty() && !peer.sets_congestion) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--congestion: ", peer.name, " cannot be told; both have that of the namespaces"));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Nanoseconds(absl::string_view flag, const std::string& text,
                                    absl::Duration otherwise, bool whole_seconds) {
  absl::Duration duration = otherwise;
  if (!text.empty()) {
    const absl::StatusOr<absl::Duration> parsed = ParseDuration(text);
    if (!parsed.ok()) return Annotate(parsed.status(), flag);
    duration = *parsed;
  }
  if (duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": must be longer than nothing"));
  }
  if (whole_seconds && duration != absl::Trunc(duration, absl::Seconds(1))) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": peers count in whole seconds, not ", absl::FormatDuration(duration)));
  }
  return absl::ToInt64Nanoseconds(duration);
}

// Everything that all cells share.
absl::StatusOr<v1::Workload> CommonWorkload(const Words& words, bool against_peer) {
  v1::Workload workload;
  workload.set_transport(v1::TRANSPORT_TCP);
  workload.set_ip_version(v1::IP_VERSION_4);
  workload.set_pattern(v1::PATTERN_STREAM);
  workload.set_receive_mode(v1::RECEIVE_MODE_RECV);
  workload.set_fields(words.fields.value_or(against_peer ? 1 : 8));
  workload.set_threads(1);
  workload.set_flows_per_thread(1);
  workload.set_touch(v1::TOUCH_NONE);
  workload.set_read(v1::READ_NONE);
  workload.set_congestion(words.congestion.empty() ? "cubic" : words.congestion);
  workload.set_nodelay(v1::NODELAY_OFF);
  workload.set_tso(v1::OFFLOAD_FOUND);
  workload.set_gro(v1::OFFLOAD_FOUND);
  workload.set_huge_pages(v1::HUGE_PAGES_NONE);
  workload.set_placement(v1::PLACEMENT_SPREAD);
  const absl::Duration warmup = against_peer ? absl::Seconds(1) : absl::Milliseconds(200);
  const absl::Duration window = against_peer ? absl::Seconds(1) : absl::Milliseconds(600);
  ASSIGN_OR_RETURN(const int64_t warmup_ns,
                   Nanoseconds("--warmup", words.warmup, warmup, against_peer));
  ASSIGN_OR_RETURN(const int64_t window_ns,
                   Nanoseconds("--window", words.window, window, against_peer));
  workload.set_warmup_ns(warmup_ns);
  workload.set_window_ns(window_ns);
  return workload;
}

template <typename Mode>
absl::StatusOr<std::vector<Mode>> ModesOf(const std::string& list, absl::string_view otherwise,
                                          absl::string_view flag) {
  if (list == "all") return AllValues<Mode>();
  std::vector<Mode> modes;
  for (const absl::string_view word : absl::StrSplit(list.empty() ? otherwise : list, ',')) {
    const absl::StatusOr<int> mode = NumberOf(*google::protobuf::GetEnumDescriptor<Mode>(), word);
    if (!mode.ok()) return Annotate(mode.status(), flag);
    modes.push_back(static_cast<Mode>(*mode));
  }
  return modes;
}

absl::StatusOr<uint64_t> ReceiveBuffer(const Words& words) {
  if (words.receive_buffer.empty()) return 0;
  const absl::StatusOr<uint64_t> bytes = ParseBytes(words.receive_buffer);
  if (!bytes.ok()) return Annotate(bytes.status(), "--receive-buffer");
  if (*bytes < kLeastReceiveBuffer || *bytes > kMostReceiveBuffer) {
    return absl::InvalidArgumentError(
        absl::StrCat("--receive-buffer: ", words.receive_buffer, " is not in 64K to 32M"));
  }
  return *bytes;
}

absl::StatusOr<std::vector<uint64_t>> SizesOf(const Words& words, uint32_t fields) {
  std::vector<uint64_t> sizes;
  for (const absl::string_view word : absl::StrSplit(words.sizes, ',')) {
    const absl::StatusOr<uint64_t> size = ParseBytes(word);
    if (!size.ok()) return Annotate(size.status(), "--sizes");
    if (*size == 0 || fields == 0 || *size % fields != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--sizes: ", word, " is not a multiple of ", fields, " fields"));
    }
    sizes.push_back(*size);
  }
  return sizes;
}

absl::StatusOr<std::vector<v1::Workload>> Workloads(const Words& words, bool against_peer) {
  ASSIGN_OR_RETURN(v1::Workload workload, CommonWorkload(words, against_peer));
  ASSIGN_OR_RETURN(
      const auto send_modes,
      ModesOf<v1::SendMode>(words.modes, against_peer ? "one-copy" : "two-copy,one-copy,zero-copy",
                            "--send"));
  ASSIGN_OR_RETURN(const auto receive_modes,
                   ModesOf<v1::ReceiveMode>(words.receive_modes, "recv", "--receive"));
  ASSIGN_OR_RETURN(const auto sizes, SizesOf(words, workload.fields()));
  std::vector<v1::Workload> workloads;
  for (const v1::SendMode send : send_modes) {
    for (const v1::ReceiveMode receive : receive_modes) {
      for (const uint64_t size : sizes) {
        workload.set_send_mode(send);
        workload.set_receive_mode(receive);
        workload.set_message_bytes(size);
        workloads.push_back(workload);
      }
    }
  }
  return workloads;
}

}  // namespace

absl::StatusOr<DataPathOptions> ParseDataPathOptions(int argc, const char* const* argv) {
  CLI::App app{"Compares copycost's data path with a bare loop, or with another program, in pairs.",
               "copycost_bench_data_path"};
  Words words;
  DataPathOptions options;
  options.against = kAgainstBare;
  options.pairs = 20;
  AddFlags(app, words, options);
  ASSIGN_OR_RETURN(options.answer, ParseCommandLine(app, argc, argv));
  if (!options.answer.empty()) return options;
  ASSIGN_OR_RETURN(options.peer, PeerNamed(options.against));
  const bool against_peer = options.peer != nullptr;
  if (against_peer) RETURN_IF_ERROR(CheckAgainst(*options.peer, words));
  ASSIGN_OR_RETURN(options.workloads, Workloads(words, against_peer));
  ASSIGN_OR_RETURN(options.receive_buffer, ReceiveBuffer(words));
  options.criterion =
      against_peer
          ? Criterion{.bound = Criterion::Bound::kHigh, .at_least = words.at_least.value_or(0.98)}
          : Criterion{.bound = Criterion::Bound::kLow, .at_least = words.at_least.value_or(0.95)};
  options.seed = words.seed.value_or(std::random_device{}());
  return options;
}

}  // namespace copycost::bench
