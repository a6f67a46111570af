#include "coordinator/analysis/ledger_rules.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/words.h"

namespace copycost::analysis {
namespace {

struct Labelled {
  std::string label;
  std::string chain;  // folded: "runner;outermost;...;innermost"
};

// Chains that were seen, each with the kind of work that a reader of the kernel's sources says it
// is.
std::vector<Labelled> Chains() {
  std::ifstream file(LEDGER_CHAINS);
  std::vector<Labelled> chains;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    chains.push_back({parts[0], parts[1]});
  }
  return chains;
}

// Where the kernel's functions begin.
bool IsKernelEntry(absl::string_view name) {
  return absl::StartsWith(name, "entry_") || absl::StartsWith(name, "asm_") ||
         absl::StartsWith(name, "ret_from_") || name == "common_startup_64" ||
         name == "secondary_startup_64_no_verify" || name == "el0t_64_sync" || name == "kthread" ||
         name == "__libc_start_kernel";
}

v1::Runner RunnerNamed(const std::string& label) {
  for (const v1::Runner runner :
       {v1::RUNNER_SENDER, v1::RUNNER_RECEIVER, v1::RUNNER_AGENT, v1::RUNNER_OTHER}) {
    if (Label(runner) == label) return runner;
  }
  ADD_FAILURE() << "no runner " << label;
  return v1::RUNNER_OTHER;
}

Work WorkOfChain(const std::string& folded) {
  std::vector<std::string> names = absl::StrSplit(folded, ';');
  v1::Profile profile;
  v1::Stack stack;
  stack.set_runner(RunnerNamed(names[0]));
  size_t user = 1;
  while (user < names.size() && !IsKernelEntry(names[user])) ++user;
  for (size_t i = names.size() - 1; i > 0; --i) {
    stack.add_frames(static_cast<uint32_t>(profile.names_size()));
    profile.add_names(names[i]);
  }
  stack.set_kernel_frames(static_cast<uint32_t>(names.size() - user));
  return WorkOf(profile, stack);
}

std::string NameOf(Work work) { return std::string(WorkNames()[static_cast<size_t>(work)].label); }

TEST(LedgerRulesTest, AgreeWithChainsThatWereLabelledByHand) {
  const std::vector<Labelled> chains = Chains();
  EXPECT_GE(chains.size(), 60u);
  std::set<std::string> labels;
  for (const Labelled& chain : chains) {
    labels.insert(chain.label);
    EXPECT_EQ(NameOf(WorkOfChain(chain.chain)), chain.label) << chain.chain;
  }
  for (const WorkName& name : WorkNames()) {
    EXPECT_EQ(labels.count(std::string(name.label)), 1u) << "no chain of " << name.label;
  }
}

TEST(LedgerRulesTest, EveryKindOfWorkHasItsNameInItsPlace) {
  std::set<std::string> labels;
  for (size_t i = 0; i < WorkNames().size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(WorkNames()[i].work), i);
    EXPECT_TRUE(labels.insert(std::string(WorkNames()[i].label)).second);
    EXPECT_FALSE(WorkNames()[i].description.empty());
  }
  EXPECT_EQ(WorkNames().back().work, Work::kIdle);
}

// Innermost first: a copy in a call that sends is a copy; sending on an acknowledgement is sending.
TEST(LedgerRulesTest, TheInnermostFunctionWithARuleDecides) {
  EXPECT_EQ(WorkOfChain("sender;entry_SYSCALL_64_after_hwframe;do_syscall_64;tcp_sendmsg_locked"),
            Work::kSending);
  EXPECT_EQ(WorkOfChain("sender;entry_SYSCALL_64_after_hwframe;tcp_sendmsg_locked;_copy_from_iter;"
                        "rep_movs_alternative"),
            Work::kSenderCopy);
  EXPECT_EQ(WorkOfChain("sender;entry_SYSCALL_64_after_hwframe;tcp_v4_rcv;tcp_write_xmit"),
            Work::kSending);
}

// Compilers cut functions into parts.
TEST(LedgerRulesTest, APartOfAFunctionIsTheFunction) {
  EXPECT_EQ(WorkOfChain("sender;entry_SYSCALL_64_after_hwframe;_copy_from_iter.part.0"),
            Work::kSenderCopy);
  EXPECT_EQ(WorkOfChain("sender;entry_SYSCALL_64_after_hwframe;schedule;finish_task_switch.isra.0"),
            Work::kScheduling);
}

// No rule names a family: what merely begins alike is not known.
TEST(LedgerRulesTest, NamesAreWhole) {
  EXPECT_EQ(WorkOfChain("sender;entry_SYSCALL_64_after_hwframe;tcp_sendmsg_of_the_future"),
            Work::kUnknown);
}

}  // namespace
}  // namespace copycost::analysis
