// copycost-agent: flags, server, and a signal to end it.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/agent_service.h"
#include "agent/open_files.h"
#include "common/build_info.h"
#include "common/clock.h"
#include "common/log.h"

namespace copycost {
namespace {

constexpr int kBadInput = 2;
constexpr int kNothingStarted = 3;

int Serve(const AgentServer::Options& options) {
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

int Main(int argc, char** argv) {
  SetLogName("copycost-agent");
  CLI::App app{
      "One end of copycost's trials. A coordinator tells it what to send or receive; by itself it "
      "does nothing.",
      "copycost-agent"};
  AgentServer::Options options{.listen = "127.0.0.1:7411"};
  app.add_option("--listen", options.listen,
                 "HOST:PORT, unix:PATH, or fd:N for an inherited socket")
      ->capture_default_str();
  app.add_flag("--insecure", options.insecure,
               "permit an address beyond loopback, in plain text and open to everyone");
  app.set_version_flag("--version", absl::StrCat("copycost-agent ", Version()));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadInput;
  }
  return Serve(options);
}

}  // namespace
}  // namespace copycost

int main(int argc, char** argv) { return copycost::Main(argc, argv); }
