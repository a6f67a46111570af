#include "agent/transport/rendezvous.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/transport/tcp.h"
#include "common/clock.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kHost[] = "127.0.0.1";
const Limits kLimits;

absl::Time InAMinute() { return MonotonicTime() + absl::Minutes(1); }

std::string Nonce(absl::string_view name) {
  std::string nonce(name);
  nonce.resize(Rendezvous::kNonceBytes, '.');
  return nonce;
}

// This side's end of a flow between "left" and "right".
void AddEnd(v1::Prepare& prepare, absl::string_view side, uint32_t flow, bool listens) {
  const bool left = side == "left";
  v1::FlowEnd& end = *prepare.add_ends();
  end.set_flow(flow);
  end.set_listens(listens);
  end.set_nonce(Nonce(absl::StrCat(flow, left ? " left" : " right")));
  end.set_peer_nonce(Nonce(absl::StrCat(flow, left ? " right" : " left")));
}

v1::Prepare OnLoopback() {
  v1::Prepare prepare;
  prepare.set_data_address(kHost);
  return prepare;
}

void AddPeer(v1::Connect& connect, uint32_t flow, uint32_t port) {
  v1::Connect::Peer& peer = *connect.add_peers();
  peer.set_flow(flow);
  peer.set_address(kHost);
  peer.set_port(port);
}

std::string Preamble(absl::string_view nonce, uint32_t flow) {
  std::string text(nonce);
  for (int i = 0; i < 4; ++i) text.push_back(static_cast<char>(flow >> (8 * i)));
  return text;
}

UniqueFd Dial(uint16_t port) {
  UniqueFd socket = *StartTcpConnect(kHost, kHost, port, {});
  EXPECT_OK(MakeBlocking(socket.get()));
  return socket;
}

void Say(const UniqueFd& socket, absl::string_view text) {
  EXPECT_TRUE(testing::SendAll(socket.get(), text));
}

// As many bytes, or what came before the end.
std::string Hear(const UniqueFd& socket, size_t bytes) {
  return testing::ReceiveAll(socket.get(), bytes);
}

// Whether the other side has let it go; does not wait.
bool WasClosed(const UniqueFd& socket) {
  char byte;
  return ::recv(socket.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

class RendezvousTest : public ::testing::Test {
 protected:
  UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
};

TEST_F(RendezvousTest, FlowsInBothDirectionsMeetEachOnItsOwnConnection) {
  constexpr uint32_t kFlows = 8;
  v1::Prepare left_prepare = OnLoopback();
  v1::Prepare right_prepare = OnLoopback();
  for (uint32_t flow = 0; flow < kFlows; ++flow) {
    AddEnd(left_prepare, "left", flow, flow % 2 == 0);
    AddEnd(right_prepare, "right", flow, flow % 2 == 1);
  }
  Rendezvous left = *Rendezvous::Create(left_prepare, kLimits);
  Rendezvous right = *Rendezvous::Create(right_prepare, kLimits);
  v1::Connect to_left, to_right;
  for (uint32_t flow = 0; flow < kFlows; ++flow) {
    if (flow % 2 == 0) AddPeer(to_left, flow, left.port());
    if (flow % 2 == 1) AddPeer(to_right, flow, right.port());
  }
  absl::Status left_end, right_end;
  std::thread left_thread([&] {
    left_end = left.Connect(to_right);
    if (left_end.ok()) left_end = left.Step(InAMinute(), stop_.get());
  });
  std::thread right_thread([&] {
    right_end = right.Connect(to_left);
    if (right_end.ok()) right_end = right.Step(InAMinute(), stop_.get());
  });
  left_thread.join();
  right_thread.join();
  ASSERT_OK(left_end);
  ASSERT_OK(right_end);
  ASSERT_TRUE(left.done());
  ASSERT_TRUE(right.done());
  const auto left_sockets = left.TakeSockets();
  const auto right_sockets = right.TakeSockets();
  for (uint32_t flow = 0; flow < kFlows; ++flow) {
    const std::string text = absl::StrCat("flow ", flow);
    Say(left_sockets.at(flow), text);
    EXPECT_EQ(Hear(right_sockets.at(flow), text.size()), text);
    for (const auto* sockets : {&left_sockets, &right_sockets}) {
      EXPECT_EQ(::fcntl(sockets->at(flow).get(), F_GETFL) & O_NONBLOCK, 0) << "must block";
    }
  }
}

// One listening end ("right"), and a peer that the test plays with plain sockets.
class ListeningEnd : public RendezvousTest {
 protected:
  explicit ListeningEnd(uint32_t flows = 1) {
    v1::Prepare prepare = OnLoopback();
    for (uint32_t flow = 0; flow < flows; ++flow) AddEnd(prepare, "right", flow, true);
    right_.emplace(*Rendezvous::Create(prepare, kLimits));
  }

  // Lets it deal with everything that has arrived.
  absl::Status Look() {
    return right_->Step(MonotonicTime() + absl::Milliseconds(20), stop_.get());
  }

  // The right peer comes, and the flow is met although a stranger is there, too.
  void ExpectPeerIsMet() {
    const UniqueFd peer = Dial(right_->port());
    Say(peer, Preamble(Nonce("0 left"), 0));
    ASSERT_OK(right_->Step(InAMinute(), stop_.get()));
    ASSERT_TRUE(right_->done());
    EXPECT_EQ(Hear(peer, Rendezvous::kPreambleBytes), Preamble(Nonce("0 right"), 0));
  }

  std::optional<Rendezvous> right_;
};

TEST_F(ListeningEnd, AStrangerWithAWrongNonceIsClosedWithoutAWord) {
  const UniqueFd stranger = Dial(right_->port());
  Say(stranger, Preamble(Nonce("0 wrong"), 0));
  ASSERT_OK(Look());
  EXPECT_EQ(Hear(stranger, 1), "");
  ExpectPeerIsMet();
}

TEST_F(ListeningEnd, AStrangerThatNamesAnotherFlowIsClosedWithoutAWord) {
  const UniqueFd stranger = Dial(right_->port());
  Say(stranger, Preamble(Nonce("0 left"), 1));
  ASSERT_OK(Look());
  EXPECT_EQ(Hear(stranger, 1), "");
  ExpectPeerIsMet();
}

TEST_F(ListeningEnd, AStrangerThatSaysTooLittleDisturbsNothing) {
  UniqueFd stranger = Dial(right_->port());
  Say(stranger, "GET / HTTP/1.1");
  ASSERT_OK(Look());
  stranger.Reset();
  ASSERT_OK(Look());
  ExpectPeerIsMet();
}

TEST_F(ListeningEnd, ASilentStrangerDisturbsNothing) {
  const UniqueFd stranger = Dial(right_->port());
  ASSERT_OK(Look());
  ExpectPeerIsMet();
  EXPECT_EQ(Hear(stranger, 1), "") << "let go once all flows are met";
}

TEST_F(ListeningEnd, TheOldestSilentStrangerGoesForTheNewest) {
  std::vector<UniqueFd> strangers;
  // One more than there is room for beside the peer that is awaited.
  for (size_t i = 0; i < Rendezvous::kMostStrangers + 2; ++i) {
    strangers.push_back(Dial(right_->port()));
  }
  for (int looks = 0; looks < 500 && !WasClosed(strangers[0]); ++looks) ASSERT_OK(Look());
  EXPECT_TRUE(WasClosed(strangers[0]));
  for (size_t i = 1; i < strangers.size(); ++i) EXPECT_FALSE(WasClosed(strangers[i])) << i;
  ExpectPeerIsMet();
}

TEST_F(ListeningEnd, APreambleMayComeInPieces) {
  const UniqueFd peer = Dial(right_->port());
  const std::string preamble = Preamble(Nonce("0 left"), 0);
  for (const char byte : preamble) {
    ASSERT_FALSE(right_->done());
    Say(peer, absl::string_view(&byte, 1));
    ASSERT_OK(Look());
  }
  EXPECT_TRUE(right_->done());
}

TEST_F(ListeningEnd, PayloadThatFollowsThePreambleAtOnceIsLeftForTheMode) {
  const UniqueFd peer = Dial(right_->port());
  Say(peer, absl::StrCat(Preamble(Nonce("0 left"), 0), "payload"));
  ASSERT_OK(right_->Step(InAMinute(), stop_.get()));
  EXPECT_EQ(Hear(right_->TakeSockets().at(0), 7), "payload");
}

TEST_F(ListeningEnd, TellsWhatIsMissingWhenTimeHasRunOut) {
  ASSERT_OK(right_->Step(MonotonicTime(), stop_.get()));
  EXPECT_FALSE(right_->done());
  EXPECT_EQ(right_->Missing(), "1 of 1 flows");
}

TEST_F(ListeningEnd, StopsWhenToldTo) {
  ::eventfd_write(stop_.get(), 1);
  EXPECT_THAT(right_->Step(InAMinute(), stop_.get()),
              StatusIs(absl::StatusCode::kCancelled, HasSubstr("stopped")));
}

class TwoListeningEnds : public ListeningEnd {
 protected:
  TwoListeningEnds() : ListeningEnd(2) {}
};

TEST_F(TwoListeningEnds, AReplayedPreambleDoesNotReplaceAFlowThatWasMet) {
  const UniqueFd first = Dial(right_->port());
  Say(first, Preamble(Nonce("0 left"), 0));
  ASSERT_OK(Look());
  const UniqueFd replay = Dial(right_->port());
  Say(replay, Preamble(Nonce("0 left"), 0));
  ASSERT_OK(Look());
  EXPECT_EQ(Hear(replay, 1), "");
  const UniqueFd second = Dial(right_->port());
  Say(second, Preamble(Nonce("1 left"), 1));
  ASSERT_OK(right_->Step(InAMinute(), stop_.get()));
  ASSERT_TRUE(right_->done());
  const auto sockets = right_->TakeSockets();
  Say(first, "x");
  EXPECT_EQ(Hear(sockets.at(0), 1), "x");
}

class ManyListeningEnds : public ListeningEnd {
 protected:
  static constexpr uint32_t kFlows = 2 * Rendezvous::kMostStrangers;
  ManyListeningEnds() : ListeningEnd(kFlows) {}
};

// Those of a busy host may connect long before they speak.
TEST_F(ManyListeningEnds, PeersThatAllConnectBeforeTheFirstSpeaksAreNoStrangers) {
  std::vector<UniqueFd> peers;
  for (uint32_t flow = 0; flow < kFlows; ++flow) peers.push_back(Dial(right_->port()));
  for (int looks = 0; looks < 5; ++looks) ASSERT_OK(Look());
  for (uint32_t flow = 0; flow < kFlows; ++flow) {
    Say(peers[flow], Preamble(Nonce(absl::StrCat(flow, " left")), flow));
  }
  ASSERT_OK(right_->Step(InAMinute(), stop_.get()));
  EXPECT_TRUE(right_->done());
}

// One connecting end ("left"), and a listener that the test plays.
class ConnectingEnd : public RendezvousTest {
 protected:
  ConnectingEnd() : listener_(*ListenTcp(kHost, {})) {
    v1::Prepare prepare = OnLoopback();
    AddEnd(prepare, "left", 0, false);
    left_.emplace(*Rendezvous::Create(prepare, kLimits));
  }

  // The connection of the end, which has said its preamble.
  UniqueFd Accept() {
    v1::Connect connect;
    AddPeer(connect, 0, *LocalPort(listener_.get()));
    EXPECT_OK(left_->Connect(connect));
    EXPECT_OK(left_->Step(MonotonicTime() + absl::Milliseconds(20), stop_.get()));
    EXPECT_OK(MakeBlocking(listener_.get()));
    UniqueFd accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_EQ(Hear(accepted, Rendezvous::kPreambleBytes), Preamble(Nonce("0 left"), 0));
    return accepted;
  }

  UniqueFd listener_;
  std::optional<Rendezvous> left_;
};

TEST_F(ConnectingEnd, IsDoneWhenTheListenerAnswersRightly) {
  const UniqueFd listener = Accept();
  EXPECT_FALSE(left_->done());
  Say(listener, Preamble(Nonce("0 right"), 0));
  ASSERT_OK(left_->Step(InAMinute(), stop_.get()));
  EXPECT_TRUE(left_->done());
}

TEST_F(ConnectingEnd, FailsWhenTheListenerGivesAWrongNonce) {
  const UniqueFd listener = Accept();
  Say(listener, Preamble(Nonce("0 wrong"), 0));
  EXPECT_THAT(left_->Step(InAMinute(), stop_.get()),
              StatusIs(absl::StatusCode::kUnavailable,
                       AllOf(HasSubstr("flow 0"), HasSubstr("wrong preamble"))));
}

TEST_F(ConnectingEnd, FailsWhenTheListenerHangsUp) {
  UniqueFd listener = Accept();
  listener.Reset();
  EXPECT_THAT(left_->Step(InAMinute(), stop_.get()),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("flow 0: closed before")));
}

TEST_F(ConnectingEnd, FailsWhenNobodyListens) {
  v1::Connect connect;
  AddPeer(connect, 0, *LocalPort(listener_.get()));
  listener_.Reset();
  absl::Status status = left_->Connect(connect);
  if (status.ok()) status = left_->Step(InAMinute(), stop_.get());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("connect")));
}

TEST_F(ConnectingEnd, HasNoPort) { EXPECT_EQ(left_->port(), 0); }

TEST_F(ConnectingEnd, RefusesPeersThatAreNotItsOwn) {
  const auto refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("connect.peers"));
  v1::Connect connect;
  EXPECT_THAT(left_->Connect(connect), refused);  // its only flow is missing
  AddPeer(connect, 1, 4711);
  EXPECT_THAT(left_->Connect(connect), refused);
  connect.mutable_peers(0)->set_flow(0);
  connect.mutable_peers(0)->set_port(0);
  EXPECT_THAT(left_->Connect(connect), refused);
  connect.mutable_peers(0)->set_port(65536);
  EXPECT_THAT(left_->Connect(connect), refused);
}

TEST_F(RendezvousTest, DatagramsMeetThroughAConnectionThatStays) {
  constexpr uint32_t kFlows = 4;
  v1::Prepare left_prepare = OnLoopback();
  v1::Prepare right_prepare = OnLoopback();
  for (uint32_t flow = 0; flow < kFlows; ++flow) {
    AddEnd(left_prepare, "left", flow, false);
    AddEnd(right_prepare, "right", flow, true);
  }
  for (v1::Prepare* prepare : {&left_prepare, &right_prepare}) {
    prepare->mutable_workload()->set_transport(v1::TRANSPORT_UDP);
    prepare->mutable_workload()->set_receive_buffer_bytes(100'000);
  }
  Rendezvous left = *Rendezvous::Create(left_prepare, kLimits);
  Rendezvous right = *Rendezvous::Create(right_prepare, kLimits);
  v1::Connect to_right;
  for (uint32_t flow = 0; flow < kFlows; ++flow) AddPeer(to_right, flow, right.port());
  absl::Status left_end;
  std::thread left_thread([&] {
    left_end = left.Connect(to_right);
    if (left_end.ok()) left_end = left.Step(InAMinute(), stop_.get());
  });
  ASSERT_OK(right.Connect({}));
  ASSERT_OK(right.Step(InAMinute(), stop_.get()));
  left_thread.join();
  ASSERT_OK(left_end);
  const auto left_sockets = left.TakeSockets();
  const auto right_sockets = right.TakeSockets();
  const auto left_controls = left.TakeControls();
  const auto right_controls = right.TakeControls();
  ASSERT_EQ(left_controls.size(), kFlows);
  for (uint32_t flow = 0; flow < kFlows; ++flow) {
    const std::string text = absl::StrCat("flow ", flow);
    for (const auto& [from, to] :
         {std::pair(&left_sockets, &right_sockets), std::pair(&right_controls, &left_controls)}) {
      Say(from->at(flow), text);
      EXPECT_EQ(Hear(to->at(flow), text.size()), text);
    }
    int type = 0;
    int buffer = 0;
    socklen_t size = sizeof(int);
    ::getsockopt(right_sockets.at(flow).get(), SOL_SOCKET, SO_TYPE, &type, &size);
    ::getsockopt(right_sockets.at(flow).get(), SOL_SOCKET, SO_RCVBUF, &buffer, &size);
    EXPECT_EQ(type, SOCK_DGRAM);
    EXPECT_EQ(buffer, 200'000);
  }
}

TEST_F(RendezvousTest, RefusesAPeerThatIsNamedTwice) {
  v1::Prepare prepare = OnLoopback();
  AddEnd(prepare, "left", 0, false);
  AddEnd(prepare, "left", 1, false);
  Rendezvous left = *Rendezvous::Create(prepare, kLimits);
  const UniqueFd listener = *ListenTcp(kHost, {});
  v1::Connect connect;
  AddPeer(connect, 0, *LocalPort(listener.get()));
  AddPeer(connect, 0, *LocalPort(listener.get()));
  EXPECT_THAT(left.Connect(connect),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("named twice")));
}

TEST_F(RendezvousTest, RefusesADataAddressThatIsNotNumeric) {
  v1::Prepare prepare;
  prepare.set_data_address("localhost");
  AddEnd(prepare, "right", 0, true);
  EXPECT_THAT(Rendezvous::Create(prepare, kLimits),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'localhost'")));
}

// Its preamble is right, but it comes from where no peer may be.
TEST_F(RendezvousTest, APeerThatIsNotAllowedEndsTheTrialWithTheReason) {
  const Limits elsewhere{.allow = {*Network::Parse("192.0.2.0/24")}};
  v1::Prepare prepare = OnLoopback();
  AddEnd(prepare, "right", 0, true);
  Rendezvous right = *Rendezvous::Create(prepare, elsewhere);
  const UniqueFd peer = Dial(right.port());
  Say(peer, Preamble(Nonce("0 left"), 0));
  EXPECT_THAT(right.Step(InAMinute(), stop_.get()),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("not with 127.0.0.1")));
}

TEST_F(RendezvousTest, NothingIsSentToAnAddressThatIsNotAllowed) {
  const Limits elsewhere{.allow = {*Network::Parse("192.0.2.0/24")}};
  const UniqueFd listener = *ListenTcp(kHost, {});
  v1::Prepare prepare = OnLoopback();
  AddEnd(prepare, "left", 0, false);
  Rendezvous left = *Rendezvous::Create(prepare, elsewhere);
  v1::Connect connect;
  AddPeer(connect, 0, *LocalPort(listener.get()));
  EXPECT_THAT(left.Connect(connect),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("--allow")));
  EXPECT_EQ(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), -1);
  EXPECT_EQ(errno, EAGAIN);
}

}  // namespace
}  // namespace copycost
