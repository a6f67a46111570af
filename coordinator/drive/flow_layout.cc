#include "coordinator/drive/flow_layout.h"

#include <sys/random.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/words.h"

namespace copycost {
namespace {

constexpr size_t kNonceBytes = 16;

// How often each CPU of a host has been dealt.
using Dealt = std::map<uint32_t, uint32_t>;

// The first of the least used.
template <typename Choices, typename CpuOf>
auto LeastUsed(const Choices& choices, Dealt& dealt, CpuOf cpu_of) {
  const auto least = std::min_element(
      choices.begin(), choices.end(),
      [&](const auto& a, const auto& b) { return dealt[cpu_of(a)] < dealt[cpu_of(b)]; });
  ++dealt[cpu_of(*least)];
  return least;
}

// Makes the two ends those of that flow.
void MakeEnds(uint32_t flow, const std::function<std::string()>& nonce, v1::FlowEnd& sending,
              v1::FlowEnd& receiving) {
  sending.set_flow(flow);
  sending.set_nonce(nonce());
  sending.set_peer_nonce(nonce());
  receiving.set_flow(flow);
  receiving.set_nonce(sending.peer_nonce());
  receiving.set_peer_nonce(sending.nonce());
}

}  // namespace

std::string RandomNonce() {
  std::string nonce(kNonceBytes, '\0');
  // Never fails for so few bytes (getrandom(2)).
  while (::getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size())) {
  }
  return nonce;
}

absl::StatusOr<std::vector<std::vector<v1::FlowEnd>>> LayOutFlows(
    absl::Span<const PlacementHost> hosts, const Layout& layout,
    const std::function<std::string()>& nonce) {
  const PlacementHost& sender = hosts[0];
  const PlacementHost& receiver = hosts[1];
  const std::vector<CpuChoice> choices = CpuChoices(layout.placement, sender, receiver);
  if (choices.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "no placement ", Label(layout.placement), ": ",
        WhyNoPlacement(layout.placement, sender, receiver).value_or("the agents have no CPUs")));
  }
  std::map<std::string, Dealt> dealt;
  std::vector<std::vector<v1::FlowEnd>> ends(2);
  for (uint32_t thread = 0; thread < layout.threads; ++thread) {
    const CpuChoice& choice =
        *LeastUsed(choices, dealt[sender.boot_id],
                   [](const CpuChoice& candidate) { return candidate.sender; });
    v1::FlowEnd sending;
    sending.set_thread(thread);
    sending.set_role(v1::ROLE_SENDER);
    sending.set_cpu(choice.sender);
    sending.set_peer_on_same_host(sender.boot_id == receiver.boot_id);
    v1::FlowEnd receiving = sending;
    receiving.set_role(v1::ROLE_RECEIVER);
    receiving.set_listens(true);
    receiving.set_cpu(*LeastUsed(choice.receivers, dealt[receiver.boot_id],
                                 [](uint32_t candidate) { return candidate; }));
    for (uint32_t flow = 0; flow < layout.flows_per_thread; ++flow) {
      MakeEnds(thread * layout.flows_per_thread + flow, nonce, sending, receiving);
      ends[0].push_back(sending);
      ends[1].push_back(receiving);
    }
  }
  return ends;
}

}  // namespace copycost
