// copycost-agent: flags, server, and a signal to end it.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/agent_service.h"
#include "agent/limits.h"
#include "agent/link/link_guard.h"
#include "agent/open_files.h"
#include "common/build_info.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/network.h"
#include "common/status.h"
#include "common/units.h"

namespace copycost {
namespace {

constexpr int kBadInput = 2;
constexpr int kNothingStarted = 3;

int Serve(AgentServer::Options options) {
  std::unique_ptr<LinkGuard> guard;
  // Links of a namespace that ends with this process need no restoring.
  if (options.limits.allow_link_changes && options.listen.rfind("fd:", 0) != 0) {
    absl::StatusOr<std::unique_ptr<LinkGuard>> started = LinkGuard::Start();
    if (!started.ok()) {
      Log(started.status().message());
      return kNothingStarted;
    }
    guard = *std::move(started);
    options.guard = guard.get();
  }
  // Blocked before any thread starts, so that only sigwait sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  signal(SIGPIPE, SIG_IGN);

  // A trial of few flows runs without.
  if (const absl::Status raised = RaiseOpenFileLimit(); !raised.ok()) Log(raised.message());

  RealClock clock;
  const auto server = AgentServer::Start(options, clock);
  if (!server.ok()) {
    Log(server.status().message());
    return absl::IsInvalidArgument(server.status()) ? kBadInput : kNothingStarted;
  }
  if (options.listen.rfind("fd:", 0) != 0) Log(absl::StrCat("listening on ", (*server)->address()));
  int received = 0;
  sigwait(&ends, &received);
  return 0;
}

// What flags say before it is read: in its own words, not in CLI11's.
struct Flags {
  std::vector<std::string> allow;
  std::string max_rate = "none";
  std::string max_duration = "15m";
  std::string max_flows = "1024";
  std::string max_memory = "none";
  bool allow_link_changes = false;
};

void AddFlags(CLI::App& app, AgentServer::Options& options, Flags& flags) {
  app.add_option("--listen", options.listen,
                 "HOST:PORT, unix:PATH, or fd:N for an inherited socket")
      ->capture_default_str();
  app.add_flag("--insecure", options.insecure,
               "permit an address beyond loopback, in plain text and open to everyone");
  app.set_version_flag("--version", absl::StrCat("copycost-agent ", Version()));
  const char* tls = "Mutual TLS (deploy/tls/make-certs.sh makes the files)";
  app.add_option("--tls-ca", options.tls.ca, "the authority that coordinators must be of")
      ->group(tls);
  app.add_option("--tls-cert", options.tls.certificate, "this agent's certificate")->group(tls);
  app.add_option("--tls-key", options.tls.key, "its private key")->group(tls);
  const char* limits = "What coordinators may ask for";
  app.add_option("--allow", flags.allow,
                 "networks that peers may be in [loopback, private and benchmarking networks]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("10.1.0.0/16,...")
      ->group(limits);
  app.add_option("--max-rate", flags.max_rate, "bits per second sent by all flows together")
      ->type_name("10G")
      ->capture_default_str()
      ->group(limits);
  app.add_option("--max-duration", flags.max_duration, "of a trial's traffic")
      ->type_name("TIME")
      ->capture_default_str()
      ->group(limits);
  app.add_option("--max-flows", flags.max_flows, "of a trial")
      ->capture_default_str()
      ->group(limits);
  app.add_option("--max-memory", flags.max_memory,
                 "of a trial's message buffers; never more than half of what is available")
      ->type_name("2G")
      ->capture_default_str()
      ->group(limits);
  app.add_flag("--allow-link-changes", flags.allow_link_changes,
               "let trials set the MTU of the data interface, restored after each")
      ->group(limits);
}

// A limit of nothing is a mistake: nobody starts an agent that may not do anything.
template <typename Number, typename Parse>
absl::StatusOr<Number> ParseLimit(absl::string_view flag, absl::string_view text, Parse parse) {
  absl::StatusOr<Number> limit = parse(text);
  if (!limit.ok()) return Annotate(limit.status(), flag);
  if (*limit != Number()) return limit;
  return absl::InvalidArgumentError(absl::StrCat(flag, ": 0 would permit nothing"));
}

absl::StatusOr<Limits> LimitsOf(const Flags& flags) {
  Limits limits;
  limits.allow_link_changes = flags.allow_link_changes;
  if (!flags.allow.empty()) limits.allow.clear();
  for (const std::string& text : flags.allow) {
    const absl::StatusOr<Network> network = Network::Parse(text);
    if (!network.ok()) return Annotate(network.status(), "--allow");
    limits.allow.push_back(*network);
  }
  if (flags.max_rate != "none") {
    ASSIGN_OR_RETURN(limits.max_rate_bits_per_s,
                     ParseLimit<uint64_t>("--max-rate", flags.max_rate, ParseBitRate));
  }
  ASSIGN_OR_RETURN(limits.max_duration,
                   ParseLimit<absl::Duration>("--max-duration", flags.max_duration, ParseDuration));
  ASSIGN_OR_RETURN(limits.max_flows,
                   ParseLimit<uint64_t>("--max-flows", flags.max_flows, ParseCount));
  if (flags.max_memory != "none") {
    ASSIGN_OR_RETURN(limits.max_memory_bytes,
                     ParseLimit<uint64_t>("--max-memory", flags.max_memory, ParseBytes));
  }
  return limits;
}

int Main(int argc, char** argv) {
  ReserveStandardDescriptors();
  ::setenv("GRPC_VERBOSITY", "NONE", 0);  // what it has to say, a Status says
  SetLogName("copycost-agent");
  CLI::App app{
      "One end of copycost's trials. A coordinator tells it what to send or receive; by itself it "
      "does nothing.",
      "copycost-agent"};
  AgentServer::Options options{.listen = "127.0.0.1:7411"};
  Flags flags;
  AddFlags(app, options, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadInput;
  }
  absl::StatusOr<Limits> limits = LimitsOf(flags);
  if (!limits.ok()) {
    Log(limits.status().message());
    return kBadInput;
  }
  options.limits = *std::move(limits);
  return Serve(std::move(options));
}

}  // namespace
}  // namespace copycost

int main(int argc, char** argv) { return copycost::Main(argc, argv); }
