// Who is served, and who is believed: a real agent, and clients with certificates that
// deploy/tls/make-certs.sh made, or that are wrong in one way each.
#include "common/rpc/credentials.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/agent_service.h"
#include "common/clock.h"
#include "copycost/v1/agent.grpc.pb.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Directories of certificates: the agents' own authority, another one, and one whose certificates
// have expired.
class CredentialsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new std::string(absl::StrCat(::testing::TempDir(), "/certificates-", ::getpid()));
    ASSERT_EQ(MakeCerts("own", "127.0.0.1"), 0);
    ASSERT_EQ(MakeCerts("other", "127.0.0.1"), 0);
    ASSERT_EQ(MakeCerts("expired", "127.0.0.1", "COPYCOST_CERT_DAYS=0"), 0);
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*directory_);
    delete directory_;
  }

  static int MakeCerts(const std::string& name, const std::string& host,
                       const std::string& setting = "") {
    return std::system(absl::StrCat(setting, " ", COPYCOST_MAKE_CERTS, " ", *directory_, "/", name,
                                    " ", host, " >/dev/null")
                           .c_str());
  }

  static std::string Path(const std::string& file) { return absl::StrCat(*directory_, "/", file); }

  static TlsFiles Files(const std::string& authority, const std::string& holder) {
    return {.ca = Path(authority + "/ca.pem"),
            .certificate = Path(absl::StrCat(authority, "/", holder, ".pem")),
            .key = Path(absl::StrCat(authority, "/", holder, ".key"))};
  }

  // Without the checks of MakeChannelCredentials: a client that is up to no good.
  static std::shared_ptr<grpc::ChannelCredentials> Unchecked(const TlsFiles& files) {
    return grpc::SslCredentials({.pem_root_certs = Contents(Path("own/ca.pem")),
                                 .pem_private_key = Contents(files.key),
                                 .pem_cert_chain = Contents(files.certificate)});
  }

  CredentialsTest()
      : agent_(AgentServer::Start({.listen = "127.0.0.1:0", .tls = Files("own", "127.0.0.1")},
                                  clock_)) {}

  grpc::Status DescribeAt(const std::string& address,
                          const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    const auto stub = v1::Agent::NewStub(grpc::CreateChannel(address, credentials));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    v1::Description description;
    return stub->Describe(&context, v1::DescribeRequest(), &description);
  }

  grpc::StatusCode Describe(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    return DescribeAt((*agent_)->address(), credentials).error_code();
  }

  // The first event, Held or answer that a call to anything but Describe brings: none.
  template <typename Stream>
  static grpc::StatusCode EndOf(const Stream& stream) {
    return stream->Finish().error_code();
  }

  RealClock clock_;
  absl::StatusOr<std::unique_ptr<AgentServer>> agent_;

  static std::string* directory_;
};

std::string* CredentialsTest::directory_ = nullptr;

TEST_F(CredentialsTest, ACoordinatorOfTheSameAuthorityIsServed) {
  ASSERT_OK(agent_);
  const auto credentials = MakeChannelCredentials(Files("own", "coordinator"));
  ASSERT_OK(credentials);
  EXPECT_EQ(Describe(*credentials), grpc::StatusCode::OK);
}

TEST_F(CredentialsTest, APlaintextClientIsNot) {
  ASSERT_OK(agent_);
  EXPECT_EQ(Describe(grpc::InsecureChannelCredentials()), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(CredentialsTest, NorIsOneOfAnotherAuthority) {
  ASSERT_OK(agent_);
  EXPECT_EQ(Describe(Unchecked(Files("other", "coordinator"))), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(CredentialsTest, NorOneWithoutACertificate) {
  ASSERT_OK(agent_);
  EXPECT_EQ(Describe(grpc::SslCredentials({.pem_root_certs = Contents(Path("own/ca.pem")),
                                           .pem_private_key = "",
                                           .pem_cert_chain = ""})),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(CredentialsTest, AnAgentIsNoCoordinatorInAnyCall) {
  ASSERT_OK(agent_);
  const auto credentials = Unchecked(Files("own", "127.0.0.1"));
  EXPECT_EQ(Describe(credentials), grpc::StatusCode::PERMISSION_DENIED);
  const auto stub = v1::Agent::NewStub(grpc::CreateChannel((*agent_)->address(), credentials));
  grpc::ClientContext hold, probe, trial;
  EXPECT_EQ(EndOf(stub->Hold(&hold)), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(EndOf(stub->ProbeClock(&probe)), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(EndOf(stub->RunTrial(&trial)), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(CredentialsTest, ACoordinatorDoesNotBelieveAHostThatTheCertificateDoesNotName) {
  ASSERT_EQ(MakeCerts("own", "192.0.2.1"), 0);
  const auto impostor =
      AgentServer::Start({.listen = "127.0.0.1:0", .tls = Files("own", "192.0.2.1")}, clock_);
  ASSERT_OK(impostor);
  const auto credentials = MakeChannelCredentials(Files("own", "coordinator"));
  ASSERT_OK(credentials);
  EXPECT_EQ(DescribeAt((*impostor)->address(), *credentials).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(CredentialsTest, AnExpiredCertificateIsToldBeforeAnythingIsTried) {
  EXPECT_THAT(MakeChannelCredentials(Files("expired", "coordinator")).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("--tls-cert"), HasSubstr("expired"))));
}

TEST_F(CredentialsTest, FilesThatDoNotBelongTogetherAreToldByTheirFlag) {
  const TlsFiles own = Files("own", "coordinator");
  const auto refusal = [](const TlsFiles& files) { return MakeChannelCredentials(files).status(); };
  const auto names = [](absl::string_view flag) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(std::string(flag)));
  };
  EXPECT_THAT(refusal({.ca = own.ca, .certificate = own.certificate, .key = ""}),
              names("--tls-key: missing"));
  EXPECT_THAT(refusal({.ca = Path("none.pem"), .certificate = own.certificate, .key = own.key}),
              names("--tls-ca"));
  EXPECT_THAT(refusal({.ca = own.ca, .certificate = own.key, .key = own.key}), names("--tls-cert"));
  EXPECT_THAT(refusal({.ca = own.ca, .certificate = own.certificate, .key = own.ca}),
              names("--tls-key"));
  EXPECT_THAT(
      refusal({.ca = own.ca, .certificate = own.certificate, .key = Files("own", "127.0.0.1").key}),
      names("not the key"));
  EXPECT_THAT(
      refusal(
          {.ca = Files("other", "coordinator").ca, .certificate = own.certificate, .key = own.key}),
      names("not valid under --tls-ca"));
  EXPECT_THAT(refusal(Files("own", "127.0.0.1")), names("urn:copycost:coordinator"));
  EXPECT_THAT(MakeServerCredentials(own).status(), names("urn:copycost:agent"));
}

TEST_F(CredentialsTest, TheOldProtocolIsNotSpoken) {
  ASSERT_OK(agent_);
  const auto connects = [&](const std::string& version) {
    const TlsFiles files = Files("own", "coordinator");
    return std::system(absl::StrCat("openssl s_client -", version, " -alpn h2 -connect ",
                                    (*agent_)->address(), " -CAfile ", files.ca, " -cert ",
                                    files.certificate, " -key ", files.key,
                                    " -verify_return_error </dev/null >/dev/null 2>&1")
                           .c_str()) == 0;
  };
  EXPECT_TRUE(connects("tls1_3"));
  EXPECT_FALSE(connects("tls1_2"));
}

TEST_F(CredentialsTest, PlainTextAndCertificatesExcludeEachOther) {
  EXPECT_THAT(
      AgentServer::Start(
          {.listen = "127.0.0.1:0", .insecure = true, .tls = Files("own", "127.0.0.1")}, clock_)
          .status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--insecure")));
}

TEST_F(CredentialsTest, WithCertificatesAnAgentMayBeReachedFromElsewhere) {
  EXPECT_OK(AgentServer::Start({.listen = "0.0.0.0:0", .tls = Files("own", "127.0.0.1")}, clock_)
                .status());
}

}  // namespace
}  // namespace copycost
