// gRPC in, TrialRunner out. The only file of the agent's library that sees grpcpp.
#ifndef COPYCOST_AGENT_AGENT_SERVICE_H_
#define COPYCOST_AGENT_AGENT_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/limits.h"
#include "agent/link/link_guard.h"
#include "common/clock.h"
#include "common/tls_files.h"

namespace copycost {

class AgentServer {
 public:
  struct Options {
    // "HOST:PORT", "[V6]:PORT" (port 0: any), "unix:PATH", or "fd:N" for a connected socket that
    // was inherited.
    std::string listen;
    // Permits addresses beyond loopback, in plain text and open to everyone.
    bool insecure = false;
    // When given, only coordinators of that authority are served, wherever it listens; not for an
    // inherited socket.
    TlsFiles tls = {};
    Limits limits = {};
    LinkGuard* guard = nullptr;  // outlives this; see TrialRunner
  };

  // Serves from now on. InvalidArgument for an address that is none, or TLS files that will not do;
  // FailedPrecondition for an address beyond loopback with neither; Unavailable when it cannot be
  // bound. `clock` outlives this.
  static absl::StatusOr<std::unique_ptr<AgentServer>> Start(const Options& options, Clock& clock);

  // Stops a running trial and all calls.
  ~AgentServer();

  // Where it listens, with the port it was given: "127.0.0.1:40321".
  const std::string& address() const { return address_; }

 private:
  struct Serving;
  AgentServer(Clock& clock, const Options& options);

  std::string address_;
  std::unique_ptr<Serving> serving_;
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_AGENT_SERVICE_H_
