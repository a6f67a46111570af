// Mutual TLS from files: who may speak to whom on the control channel. Both ends show a certificate
// of the same authority; a certificate names the roles that its holder may take, as URIs among its
// subject alternative names: "urn:copycost:agent", "urn:copycost:coordinator" (one or both), beside
// the host names and addresses that an agent is reached by. deploy/tls/make-certs.sh makes such.
#ifndef COPYCOST_COMMON_RPC_CREDENTIALS_H_
#define COPYCOST_COMMON_RPC_CREDENTIALS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/tls_files.h"

namespace grpc {
class AuthContext;
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace copycost {

// What a certificate says its holder may be.
inline constexpr absl::string_view kAgentRole = "urn:copycost:agent";
inline constexpr absl::string_view kCoordinatorRole = "urn:copycost:coordinator";

// Credentials of a server that takes only clients of the same authority, over TLS 1.3.
// InvalidArgument names the flag (--tls-ca, --tls-cert, --tls-key) that is missing, or whose file
// cannot be read, is no PEM, has expired, or does not fit the others; or says that the certificate
// does not name the role that its holder is about to take.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files);

// The same for a client. The server's certificate must name the host that was asked for.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files);

// OK when the peer has proved a certificate with that role; PermissionDenied says which roles it
// has.
absl::Status CheckRole(const grpc::AuthContext& peer, absl::string_view role);

}  // namespace copycost

#endif  // COPYCOST_COMMON_RPC_CREDENTIALS_H_
