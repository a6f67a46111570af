#include "coordinator/drive/flow_layout.h"

#include <sys/random.h>

#include <algorithm>
#include <map>
#include <utility>

namespace copycost {
namespace {

constexpr size_t kNonceBytes = 16;

// The CPUs of one host, dealt in turn.
class Deck {
 public:
  explicit Deck(std::vector<uint32_t> cpus) : cpus_(std::move(cpus)) {
    std::sort(cpus_.begin(), cpus_.end());
    // Interrupts and housekeeping favour CPU 0.
    std::rotate(cpus_.begin(), std::upper_bound(cpus_.begin(), cpus_.end(), 0U), cpus_.end());
  }

  uint32_t Deal() { return cpus_[next_++ % cpus_.size()]; }

 private:
  std::vector<uint32_t> cpus_;
  size_t next_ = 0;
};

}  // namespace

std::string RandomNonce() {
  std::string nonce(kNonceBytes, '\0');
  // Never fails for so few bytes (getrandom(2)).
  while (::getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size())) {
  }
  return nonce;
}

std::vector<std::vector<v1::FlowEnd>> LayOutFlows(absl::Span<const LayoutHost> hosts,
                                                  uint32_t threads,
                                                  const std::function<std::string()>& nonce) {
  const LayoutHost& sender = hosts[0];
  const LayoutHost& receiver = hosts[1];
  std::map<std::string, Deck> decks;
  for (const LayoutHost& host : hosts) decks.try_emplace(host.boot_id, host.cpus);
  std::vector<std::vector<v1::FlowEnd>> ends(2);
  for (uint32_t flow = 0; flow < threads; ++flow) {
    v1::FlowEnd sending;
    sending.set_flow(flow);
    sending.set_role(v1::ROLE_SENDER);
    sending.set_cpu(decks.at(sender.boot_id).Deal());
    sending.set_nonce(nonce());
    sending.set_peer_nonce(nonce());
    sending.set_peer_on_same_host(sender.boot_id == receiver.boot_id);
    v1::FlowEnd receiving = sending;
    receiving.set_role(v1::ROLE_RECEIVER);
    receiving.set_listens(true);
    receiving.set_cpu(decks.at(receiver.boot_id).Deal());
    receiving.set_nonce(sending.peer_nonce());
    receiving.set_peer_nonce(sending.nonce());
    ends[0].push_back(std::move(sending));
    ends[1].push_back(std::move(receiving));
  }
  return ends;
}

}  // namespace copycost
