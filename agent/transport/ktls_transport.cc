// TCP with kernel TLS (Documentation/networking/tls.rst): once the ends have met, each gives the
// kernel both directions' keys, and what is sent from then on travels in TLS 1.2 records of
// AES-128-GCM. There is no handshake: keys follow from the trial's nonces, which the ends have told
// each other in the clear. What this costs is measured; nothing is kept secret.
//
// Copies: the kernel encrypts from our memory, or from a copy that it makes first; it decrypts into
// our memory, or into its own and copies (tls_sw_sendmsg and tls_sw_recvmsg in net/tls/tls_sw.c).
// Which it does depends on record sizes and ciphers, and it tells neither.
#include <linux/tcp.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/transport/tcp_transport.h"
#include "common/status.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

namespace copycost {
namespace {

constexpr char kUlp[] = "tls";

// Of the direction in which the end with `from` sends: its nonce is the key, and the other's makes
// the salt and the explicit part of the first record's nonce.
tls12_crypto_info_aes_gcm_128 KeysOf(const std::string& from, const std::string& to) {
  tls12_crypto_info_aes_gcm_128 keys{};
  keys.info.version = TLS_1_2_VERSION;
  keys.info.cipher_type = TLS_CIPHER_AES_GCM_128;
  std::memcpy(keys.key, from.data(), sizeof(keys.key));
  std::memcpy(keys.salt, to.data(), sizeof(keys.salt));
  std::memcpy(keys.iv, to.data() + sizeof(keys.salt), sizeof(keys.iv));
  return keys;
}

absl::Status CannotEncrypt(absl::string_view call) {
  return absl::FailedPreconditionError(
      absl::StrCat(ErrnoStatus(call).message(),
                   "; it needs the kernel's TLS (CONFIG_TLS): modprobe tls, or boot a kernel that "
                   "has it, Linux 4.17 or later"));
}

absl::Status SetKeys(int socket, int direction, absl::string_view name,
                     const tls12_crypto_info_aes_gcm_128& keys) {
  if (::setsockopt(socket, SOL_TLS, direction, &keys, sizeof(keys)) == 0) return absl::OkStatus();
  return CannotEncrypt(absl::StrCat("setsockopt ", name, " AES-128-GCM"));
}

// What the kernel says of one direction.
absl::Status CheckKeys(int socket, int direction, absl::string_view name) {
  tls12_crypto_info_aes_gcm_128 keys{};
  socklen_t size = sizeof(keys);
  if (::getsockopt(socket, SOL_TLS, direction, &keys, &size) != 0) {
    return ErrnoStatus(absl::StrCat("getsockopt ", name));
  }
  if (keys.info.version == TLS_1_2_VERSION && keys.info.cipher_type == TLS_CIPHER_AES_GCM_128) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(name, " has another version or cipher"));
}

class Ktls final : public TcpTransportBase {
 public:
  v1::Transport kind() const override { return v1::TRANSPORT_KTLS; }
  bool encrypts() const override { return true; }

  absl::Status Open(int socket, const v1::Workload& workload, const v1::FlowEnd& end,
                    v1::AppliedEnd& applied) const override {
    RETURN_IF_ERROR(TcpTransportBase::Open(socket, workload, end, applied));
    if (end.nonce().size() != sizeof(tls12_crypto_info_aes_gcm_128::key) ||
        end.peer_nonce().size() != end.nonce().size()) {
      return absl::InvalidArgumentError("ends: nonce and peer_nonce must have 16 bytes");
    }
    if (::setsockopt(socket, IPPROTO_TCP, TCP_ULP, kUlp, sizeof(kUlp)) != 0) {
      return CannotEncrypt("setsockopt TCP_ULP tls");
    }
    RETURN_IF_ERROR(SetKeys(socket, TLS_TX, "TLS_TX", KeysOf(end.nonce(), end.peer_nonce())));
    return SetKeys(socket, TLS_RX, "TLS_RX", KeysOf(end.peer_nonce(), end.nonce()));
  }

  absl::Status Echo(int socket, const v1::Workload& asked, v1::Workload& told,
                    v1::AppliedEnd& applied) const override {
    RETURN_IF_ERROR(TcpTransportBase::Echo(socket, asked, told, applied));
    RETURN_IF_ERROR(CheckKeys(socket, TLS_TX, "TLS_TX"));
    RETURN_IF_ERROR(CheckKeys(socket, TLS_RX, "TLS_RX"));
    told.set_transport(v1::TRANSPORT_KTLS);
    return absl::OkStatus();
  }
};

}  // namespace

const Transport& KtlsTransport() {
  static const Ktls transport;
  return transport;
}

}  // namespace copycost
