#include "coordinator/drive/flow_layout.h"

#include <sys/random.h>

#include <algorithm>
#include <map>
#include <utility>

namespace copycost {
namespace {

constexpr size_t kNonceBytes = 16;

// How often each CPU of a host has been dealt.
using Dealt = std::map<uint32_t, uint32_t>;

// Interrupts and housekeeping favour CPU 0, so it comes last.
std::vector<uint32_t> InOrder(std::vector<uint32_t> cpus) {
  std::sort(cpus.begin(), cpus.end());
  std::rotate(cpus.begin(), std::upper_bound(cpus.begin(), cpus.end(), 0U), cpus.end());
  return cpus;
}

// The first of the least used.
uint32_t Deal(const std::vector<uint32_t>& cpus, Dealt& dealt) {
  const uint32_t cpu = *std::min_element(
      cpus.begin(), cpus.end(), [&](uint32_t a, uint32_t b) { return dealt[a] < dealt[b]; });
  ++dealt[cpu];
  return cpu;
}

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
  const std::vector<uint32_t> sender_cpus = InOrder(sender.cpus);
  const std::vector<uint32_t> receiver_cpus = InOrder(receiver.cpus);
  std::map<std::string, Dealt> dealt;
  std::vector<std::vector<v1::FlowEnd>> ends(2);
  for (uint32_t flow = 0; flow < threads; ++flow) {
    v1::FlowEnd sending;
    sending.set_flow(flow);
    sending.set_role(v1::ROLE_SENDER);
    sending.set_cpu(Deal(sender_cpus, dealt[sender.boot_id]));
    sending.set_nonce(nonce());
    sending.set_peer_nonce(nonce());
    sending.set_peer_on_same_host(sender.boot_id == receiver.boot_id);
    v1::FlowEnd receiving = sending;
    receiving.set_role(v1::ROLE_RECEIVER);
    receiving.set_listens(true);
    receiving.set_cpu(Deal(receiver_cpus, dealt[receiver.boot_id]));
    receiving.set_nonce(sending.peer_nonce());
    receiving.set_peer_nonce(sending.nonce());
    ends[0].push_back(std::move(sending));
    ends[1].push_back(std::move(receiving));
  }
  return ends;
}

}  // namespace copycost
