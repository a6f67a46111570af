#include "coordinator/record/identity.h"

#include <gmock/gmock.h>

#include <functional>

namespace copycost::record {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Session TwoHosts() {
  v1::Session session;
  session.set_build_id("c1");
  for (const char* name : {"sender", "receiver"}) {
    v1::AgentInfo& agent = *session.add_agents();
    agent.set_agent(name);
    agent.set_address("10.0.0.1:7411");
    agent.set_data_address_v4("10.1.0.1");
    v1::Description& host = *agent.mutable_description();
    host.set_boot_id(name);
    host.set_host_name(name);
    host.set_machine("x86_64");
    host.set_cpu_model("CPU");
    host.set_kernel("6.1");
    host.set_build_id("a1");
    host.add_cpus(0);
    host.add_cpus(1);
    host.set_locked_memory_bytes(8 << 20);
    v1::SendModeState& mode = *host.add_send_modes();
    mode.set_mode(v1::SEND_MODE_ZERO_COPY);
    mode.mutable_state()->set_available(true);
  }
  return session;
}

TEST(IdentityTest, TheSameIsTheSameAfterARebootUnderAnotherAddress) {
  v1::Session now = TwoHosts();
  now.set_started_unix_ns(5);
  now.mutable_agents(0)->set_address("10.0.0.7:9");
  now.mutable_agents(0)->set_clock_offset_ns(77);
  now.mutable_agents(0)->mutable_description()->set_boot_id("another boot");
  EXPECT_THAT(ChangesOf(TwoHosts(), now), IsEmpty());
}

TEST(IdentityTest, AMicrocodeIsPartOfAHost) {
  const auto with = [](const char* microcode) {
    v1::Session session = TwoHosts();
    v1::Fact& fact = *session.mutable_agents(1)->mutable_before()->add_identity();
    fact.set_name("microcode");
    fact.set_value(microcode);
    return session;
  };
  EXPECT_THAT(ChangesOf(with("0x1"), with("0x2")), ElementsAre("receiver: microcode 0x2, was 0x1"));
  EXPECT_THAT(ChangesOf(TwoHosts(), with("0x2")), IsEmpty());  // it was not told
}

TEST(IdentityTest, EveryChangeIsNamed) {
  using Change = std::function<void(v1::Session&)>;
  const auto sender = [](std::function<void(v1::Description&)> change) -> Change {
    return [change](v1::Session& now) { change(*now.mutable_agents(0)->mutable_description()); };
  };
  const std::vector<std::pair<Change, std::string>> cases = {
      {[](v1::Session& now) { now.set_build_id("c2"); }, "copycost build c2, was c1"},
      {sender([](auto& host) { host.set_boot_id("receiver"); }),
       "agents by host: sender+receiver, was receiver sender"},
      {sender([](auto& host) { host.set_host_name("other"); }), "sender: host other, was sender"},
      {sender([](auto& host) { host.set_machine("aarch64"); }),
       "sender: machine aarch64, was x86_64"},
      {sender([](auto& host) { host.set_cpu_model(""); }), "sender: CPU none, was CPU"},
      {sender([](auto& host) { host.add_cpus(2); }), "sender: CPUs 0,1,2, was 0,1"},
      {sender([](auto& host) { host.set_kernel("6.2"); }), "sender: kernel 6.2, was 6.1"},
      {sender([](auto& host) { host.set_build_id("a2"); }), "sender: agent build a2, was a1"},
      {sender([](auto& host) { host.clear_locked_memory_bytes(); }),
       "sender: locked memory unlimited, was 8388608 bytes"},
      {sender(
           [](auto& host) { host.mutable_send_modes(0)->mutable_state()->set_available(false); }),
       "sender: send modes none, was zero-copy"},
      {[](v1::Session& now) { now.mutable_agents(1)->set_data_address_v4("10.2.0.1"); },
       "receiver: data address 10.2.0.1, was 10.1.0.1"},
  };
  for (const auto& [change, words] : cases) {
    v1::Session now = TwoHosts();
    change(now);
    EXPECT_THAT(ChangesOf(TwoHosts(), now), ElementsAre(words));
  }
}

}  // namespace
}  // namespace copycost::record
