#include "common/rpc/credentials.h"

#include <fcntl.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/fd.h"
#include "common/status.h"

namespace copycost {
namespace {

constexpr size_t kLargestFile = 1 << 20;

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using Store = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

struct Pems {
  std::string ca;
  std::string certificate;
  std::string key;
};

absl::Status Wrong(absl::string_view flag, const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", path, ": ", what));
}

absl::StatusOr<std::string> ReadPem(absl::string_view flag, const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": missing; --tls-ca, --tls-cert and --tls-key are given together, or not at all"));
  }
  // A pipe or a terminal would be waited for.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return Wrong(flag, path, ErrnoStatus("open").message());
  std::string text(kLargestFile + 1, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return Wrong(flag, path, ErrnoStatus("read").message());
  if (size == 0) return Wrong(flag, path, "is empty");
  text.resize(static_cast<size_t>(size));
  if (text.size() > kLargestFile) return Wrong(flag, path, "too large to be a PEM file");
  return text;
}

Bio Reader(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate ReadCertificate(const std::string& pem) {
  return Certificate(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
}

// OK when `authority` vouches for `certificate`, today and for the use as `purpose`.
absl::Status CheckChain(const TlsFiles& files, X509* authority, X509* certificate) {
  const Store store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), authority);
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr);
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  return Wrong(
      "--tls-cert", files.certificate,
      absl::StrCat("not valid under --tls-ca ", files.ca, ": ",
                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
}

bool NamesRole(const X509* certificate, absl::string_view role) {
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    const absl::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                 static_cast<size_t>(ASN1_STRING_length(uri)));
    if (text == role) return true;
  }
  return false;
}

// gRPC would take anything, and tell of it only as a handshake that failed.
absl::StatusOr<Pems> ReadAndCheck(const TlsFiles& files, absl::string_view role) {
  Pems pems;
  ASSIGN_OR_RETURN(pems.ca, ReadPem("--tls-ca", files.ca));
  ASSIGN_OR_RETURN(pems.certificate, ReadPem("--tls-cert", files.certificate));
  ASSIGN_OR_RETURN(pems.key, ReadPem("--tls-key", files.key));
  const Certificate authority = ReadCertificate(pems.ca);
  if (authority == nullptr) return Wrong("--tls-ca", files.ca, "no PEM certificate");
  const Certificate certificate = ReadCertificate(pems.certificate);
  if (certificate == nullptr) return Wrong("--tls-cert", files.certificate, "no PEM certificate");
  const Key key(PEM_read_bio_PrivateKey(Reader(pems.key).get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return Wrong("--tls-key", files.key, "no PEM private key");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Wrong("--tls-key", files.key, absl::StrCat("not the key of ", files.certificate));
  }
  RETURN_IF_ERROR(CheckChain(files, authority.get(), certificate.get()));
  if (!NamesRole(certificate.get(), role)) {
    return Wrong("--tls-cert", files.certificate,
                 absl::StrCat("has no subject alternative name URI:", role,
                              "; deploy/tls/make-certs.sh makes such certificates"));
  }
  return pems;
}

// gRPC 1.51 offers TLS 1.2 too and has no option against it. It takes the ciphers of TLS 1.2, and
// only those, from this variable, when it makes its first credentials: none of these can be agreed
// upon without a pre-shared key, which nobody has.
void RefuseTls12() { ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1); }

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files) {
  ASSIGN_OR_RETURN(const Pems pems, ReadAndCheck(files, kAgentRole));
  RefuseTls12();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pems.ca;
  options.pem_key_cert_pairs.push_back({pems.key, pems.certificate});
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files) {
  ASSIGN_OR_RETURN(const Pems pems, ReadAndCheck(files, kCoordinatorRole));
  RefuseTls12();
  return grpc::SslCredentials(
      {.pem_root_certs = pems.ca, .pem_private_key = pems.key, .pem_cert_chain = pems.certificate});
}

absl::Status CheckRole(const grpc::AuthContext& peer, absl::string_view role) {
  std::vector<std::string> roles;
  for (const grpc::string_ref& uri : peer.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    roles.emplace_back(uri.data(), uri.size());
    if (roles.back() == role) return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat("the peer's certificate does not name ", role, " but ",
                   roles.empty() ? "no role at all" : absl::StrJoin(roles, ", ")));
}

}  // namespace copycost
