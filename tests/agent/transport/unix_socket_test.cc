#include "agent/transport/unix_socket.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "agent/transport/rendezvous.h"
#include "common/clock.h"
#include "common/page_size.h"
#include "common/status.h"
#include "tests/testing/blocking_io.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class UnixSocketTest : public ::testing::Test {
 protected:
  // Where sockets get their places, and nothing else is.
  void SetUp() override {
    std::string path = ::testing::TempDir() + "/unix-XXXXXX";
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    directory_ = path;
    ::setenv("XDG_RUNTIME_DIR", path.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("XDG_RUNTIME_DIR");
    std::filesystem::remove_all(directory_);
  }

  std::filesystem::path directory_;
};

TEST_F(UnixSocketTest, APeerFindsTheListenerThoughItsPlaceHasNoName) {
  const UnixListener listener = *ListenUnix();
  EXPECT_TRUE(std::filesystem::is_empty(directory_)) << "what is killed now leaves nothing behind";
  const UniqueFd client = *StartUnixConnect(listener.address);
  const UniqueFd server(::accept(listener.socket.get(), nullptr, nullptr));
  ASSERT_TRUE(server.valid());
  ASSERT_EQ(::send(client.get(), "x", 1, 0), 1);
  char byte = 0;
  ASSERT_EQ(::recv(server.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_OK(CheckPeerUser(client.get()));
  EXPECT_OK(CheckPeerUser(server.get()));
}

TEST_F(UnixSocketTest, NobodyIsFoundOnceTheListenerIsGone) {
  UnixPlace place;
  {
    const UnixListener listener = *ListenUnix();
    place = listener.address;
  }
  EXPECT_THAT(StartUnixConnect(place),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("PID namespace")));
}

TEST_F(UnixSocketTest, APlaceThatIsNoSocketOrNoPlaceIsRefused) {
  const UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
  const uint32_t self = ListenUnix()->address.process;
  EXPECT_THAT(StartUnixConnect({self, static_cast<uint32_t>(file.get())}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("connect /proc/")));
  for (const UnixPlace place :
       {UnixPlace{0, 3}, UnixPlace{UINT_MAX, 3}, UnixPlace{self, UINT_MAX}}) {
    EXPECT_THAT(StartUnixConnect(place),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("can have a descriptor")));
  }
}

// What the copies per byte of sendfile over unix rest on: the page is queued, and is read only when
// the receiver takes it.
TEST_F(UnixSocketTest, APageThatIsSplicedIsNotCopiedBeforeItIsReceived) {
  const SocketPair pair = *ConnectUnixPair();
  const UniqueFd file(::memfd_create("page", MFD_CLOEXEC));
  const std::string before(PageBytes(), 'A');
  const std::string after(PageBytes(), 'B');
  const auto bytes = static_cast<ssize_t>(PageBytes());
  ASSERT_EQ(::pwrite(file.get(), before.data(), before.size(), 0), bytes);
  off_t offset = 0;
  ASSERT_EQ(::sendfile(pair.client.get(), file.get(), &offset, before.size()), bytes);
  ASSERT_EQ(::pwrite(file.get(), after.data(), after.size(), 0), bytes);
  EXPECT_EQ(testing::ReceiveAll(pair.server.get(), PageBytes()), after);
}

class UnixRendezvousTest : public UnixSocketTest {
 protected:
  static v1::Prepare PrepareOf(bool listens, absl::string_view nonce, absl::string_view peer) {
    v1::Prepare prepare;
    prepare.mutable_workload()->set_transport(v1::TRANSPORT_UNIX);
    v1::FlowEnd& end = *prepare.add_ends();
    end.set_flow(7);
    end.set_listens(listens);
    end.set_nonce(std::string(nonce));
    end.set_peer_nonce(std::string(peer));
    return prepare;
  }

  static v1::Connect ConnectTo(const v1::Listening& found) {
    v1::Connect connect;
    v1::Connect::Peer& peer = *connect.add_peers();
    peer.set_flow(7);
    peer.set_process(found.process());
    peer.set_file_descriptor(found.file_descriptor());
    return connect;
  }

  // Both in turn, until they have met or `left` fails.
  absl::Status Meet(Rendezvous& left, Rendezvous& right) {
    for (int turn = 0; turn < 10 && !(left.done() && right.done()); ++turn) {
      for (Rendezvous* side : {&right, &left}) {
        const absl::Time soon = MonotonicTime() + absl::Milliseconds(20);
        if (!side->done()) RETURN_IF_ERROR(side->Step(soon, stop_.get()));
      }
    }
    return absl::OkStatus();
  }

  const Limits limits_;
  const std::string left_nonce_ = std::string(16, 'l');
  const std::string right_nonce_ = std::string(16, 'r');
  UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
};

TEST_F(UnixRendezvousTest, EndsMeetAndLeaveNothingBehind) {
  Rendezvous right = *Rendezvous::Create(PrepareOf(true, right_nonce_, left_nonce_), limits_);
  Rendezvous left = *Rendezvous::Create(PrepareOf(false, left_nonce_, right_nonce_), limits_);
  EXPECT_EQ(right.port(), 0u);
  EXPECT_EQ(left.listening().process(), 0u);
  ASSERT_OK(left.Connect(ConnectTo(right.listening())));
  ASSERT_OK(Meet(left, right));
  ASSERT_TRUE(left.done() && right.done());
  const auto sent = left.TakeSockets();
  const auto taken = right.TakeSockets();
  ASSERT_EQ(::send(sent.at(7).get(), "payload", 7, 0), 7);
  char text[8] = {};
  ASSERT_EQ(::recv(taken.at(7).get(), text, 7, 0), 7);
  EXPECT_STREQ(text, "payload");
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  EXPECT_FALSE(
      StartUnixConnect({right.listening().process(), right.listening().file_descriptor()}).ok())
      << "nobody comes any more";
}

TEST_F(UnixRendezvousTest, APeerWithAnotherNonceIsNotMet) {
  Rendezvous right = *Rendezvous::Create(PrepareOf(true, right_nonce_, left_nonce_), limits_);
  Rendezvous wrong =
      *Rendezvous::Create(PrepareOf(false, std::string(16, 'w'), right_nonce_), limits_);
  ASSERT_OK(wrong.Connect(ConnectTo(right.listening())));
  EXPECT_THAT(Meet(wrong, right),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("closed before its preamble")));
  EXPECT_FALSE(right.done());
}

TEST_F(UnixRendezvousTest, AConnectWithAPortOrWithoutAPlaceIsRefused) {
  for (const bool with_port : {false, true}) {
    Rendezvous left = *Rendezvous::Create(PrepareOf(false, left_nonce_, right_nonce_), limits_);
    v1::Listening found;
    if (with_port) found.set_process(1);
    v1::Connect connect = ConnectTo(found);
    if (with_port) connect.mutable_peers(0)->set_port(80);
    EXPECT_THAT(left.Connect(connect),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("connect.peers")));
  }
}

}  // namespace
}  // namespace copycost
