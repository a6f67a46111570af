#include "agent/mode_trial.h"

#include <sys/socket.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/content/content.h"
#include "common/clock.h"
#include "common/mode_traits.h"
#include "common/page_size.h"
#include "common/status.h"
#include "common/words.h"

namespace copycost {
namespace {

FlowSpec OnePage(const Transport& transport, FlowCounters& counters) {
  return {.message_bytes = PageBytes(),
          .fields = 1,
          .ring_depth = 1,
          .path = transport.PathOf(v1::AppliedEnd(), /*peer_on_same_host=*/true),
          .counters = counters};
}

absl::Status SendPage(const Transport& transport, const SendModeRow& mode, const SocketPair& pair) {
  FlowCounters counters;
  ASSIGN_OR_RETURN(const std::unique_ptr<Content> content, MakeContent(v1::TOUCH_NONE, 0));
  const std::unique_ptr<Sender> sender = mode.make();
  RETURN_IF_ERROR(sender->Open(OnePage(transport, counters), pair.client.get(), *content));
  RETURN_IF_ERROR(sender->Send(1).status());
  std::string taken(PageBytes(), '\0');
  const ssize_t bytes =
      ::recv(pair.server.get(), taken.data(), taken.size(), MSG_WAITALL | MSG_DONTWAIT);
  if (bytes != static_cast<ssize_t>(taken.size())) return absl::DataLossError("a page was cut");
  return sender->Drain(MonotonicTime() + absl::Seconds(1));
}

absl::Status TakePage(const Transport& transport, const ReceiveModeRow& mode,
                      const SocketPair& pair) {
  FlowCounters counters;
  ASSIGN_OR_RETURN(const std::unique_ptr<Sink> sink, MakeSink(v1::READ_NONE, 0));
  const std::unique_ptr<Receiver> receiver = mode.make();
  RETURN_IF_ERROR(receiver->Open(OnePage(transport, counters), pair.server.get(), *sink));
  const std::string page(PageBytes(), '\0');
  if (::send(pair.client.get(), page.data(), page.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(page.size())) {
    return ErrnoStatus("send");
  }
  ASSIGN_OR_RETURN(const Arrival arrival, receiver->Receive());
  return arrival.bytes > 0 ? absl::OkStatus() : absl::DataLossError("no byte of a page came");
}

// What would enable the mode over TCP is there, and enables nothing here.
absl::Status ReasonOf(const Transport& transport, const absl::Status& status) {
  if (status.ok() || absl::IsResourceExhausted(status)) return status;
  const absl::string_view text = status.message();
  return absl::FailedPreconditionError(absl::StrCat("not over ", Label(transport.kind()),
                                                    " sockets: ", text.substr(0, text.find("; "))));
}

template <typename Row>
absl::Status Try(const Transport& transport, const Row& mode,
                 absl::Status (*move)(const Transport&, const Row&, const SocketPair&)) {
  ASSIGN_OR_RETURN(const SocketPair pair, OpenPair(transport));
  return ReasonOf(transport, move(transport, mode, pair));
}

}  // namespace

absl::StatusOr<SocketPair> OpenPair(const Transport& transport) {
  ASSIGN_OR_RETURN(SocketPair pair, transport.ConnectPair());
  v1::FlowEnd client;
  client.set_nonce(std::string(16, 'c'));
  client.set_peer_nonce(std::string(16, 's'));
  v1::FlowEnd server;
  server.set_nonce(client.peer_nonce());
  server.set_peer_nonce(client.nonce());
  v1::AppliedEnd applied;
  RETURN_IF_ERROR(transport.Open(pair.client.get(), v1::Workload(), client, applied));
  RETURN_IF_ERROR(transport.Open(pair.server.get(), v1::Workload(), server, applied));
  return pair;
}

absl::Status TryOver(const Transport& transport, const SendModeRow& mode) {
  if (IsDatagrams(transport.kind()) && LendsPages(mode.mode)) {
    return ReasonOf(transport, absl::FailedPreconditionError(
                                   "it hands a message over in pieces, each of them a datagram"));
  }
  return Try(transport, mode, SendPage);
}

absl::Status TryOver(const Transport& transport, const ReceiveModeRow& mode) {
  if (transport.encrypts() && MapsPages(mode.mode)) {
    return ReasonOf(transport, absl::FailedPreconditionError("pages of its queue are ciphertext"));
  }
  return Try(transport, mode, TakePage);
}

}  // namespace copycost
