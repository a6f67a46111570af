#include "coordinator/cli/plan_text.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/cli/presets_text.h"
#include "coordinator/experiment/plan.h"
#include "coordinator/experiment/resolve.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Plan PlanOf(absl::string_view text, const HostLimits& limits = {}) {
  LoadedExperiment loaded = *ParseExperiment(text, "f");
  EXPECT_OK(Resolve(loaded));
  loaded.places.clear();
  return *MakePlan(loaded, limits);
}

TEST(PlanTextTest, SaysWhatWillRunAndForHowLong) {
  EXPECT_EQ(PlanText(PlanOf("name: 'quick' seed: 5")),
            "quick: 6 cells x 8 blocks = 48 trials, after 6 verifications; about 41 s\n"
            "topology namespaces, warm-up 200ms, window 600ms, seed 5\n"
            "every cell: transport=tcp ip_version=4 pattern=stream receive_mode=recv fields=8 "
            "threads=1 touch=fields read=auto congestion=cubic ring_depth=auto "
            "pacing_bits_per_s=none mtu=found send_buffer_bytes=auto receive_buffer_bytes=auto "
            "nodelay=auto mss_bytes=found busy_poll_us=none tso=found gro=found "
            "flows_per_thread=1 working_set_bytes=auto "
            "alignment_bytes=auto huge_pages=none placement=spread extra_copies=none\n"
            "claims: one-copy, zero-copy against two-copy; they need 7 blocks\n"
            "\n"
            "cells\n"
            "  message_bytes  send_mode\n"
            "  4K             two-copy one-copy zero-copy\n"
            "  64K            two-copy one-copy zero-copy\n"
            "\n"
            "verified first, every byte\n"
            "  two-copy to recv   4K   tcp/4  stream  1 thread  4096 messages a flow\n"
            "  two-copy to recv   64K  tcp/4  stream  1 thread  768 messages a flow\n"
            "  one-copy to recv   4K   tcp/4  stream  1 thread  4096 messages a flow\n"
            "  one-copy to recv   64K  tcp/4  stream  1 thread  768 messages a flow\n"
            "  zero-copy to recv  4K   tcp/4  stream  1 thread  4096 messages a flow\n"
            "  zero-copy to recv  64K  tcp/4  stream  1 thread  768 messages a flow\n");
}

TEST(PlanTextTest, ClaimsThatSoFewBlocksCannotDecideAreTold) {
  EXPECT_THAT(PlanText(PlanOf("name: 'quick' repeats: 6")),
              HasSubstr("they need 7 blocks: with fewer all are inconclusive\n"));
  EXPECT_THAT(PlanText(PlanOf("matrix { send_mode: 'two-copy' }")), Not(HasSubstr("claims")));
  EXPECT_THAT(PlanText(PlanOf("matrix { send_mode: 'two-copy' send_mode: 'two-copy' }")),
              HasSubstr("claims: two-copy#2 against two-copy; they need 6 blocks\n"));
}

TEST(PlanTextTest, ALedgerIsTold) {
  EXPECT_THAT(PlanText(PlanOf("name: 'quick' seed: 5 ledger_hz: 199")),
              HasSubstr("quick: 6 cells x 8 blocks x 2 (measured, then sampled) = 96 trials"));
}

TEST(PlanTextTest, ExchangesAreToldWithTheirResponsesAndRate) {
  const std::string text = PlanText(
      PlanOf("matrix { pattern: 'paced' send_mode: 'two-copy' message_bytes: '4K' rate: '100' }"));
  EXPECT_THAT(text,
              AllOf(HasSubstr("mtu=found response_bytes=same rate=100 send_buffer_bytes=auto"),
                    HasSubstr("paced  1 thread  8192 exchanges a flow")));
}

TEST(PlanTextTest, TellsHowManyFlowsAThreadHasWhereItHasSeveral) {
  const std::string text =
      PlanText(PlanOf("matrix { send_mode: 'two-copy' message_bytes: '64K' threads: '2' "
                      "flows_per_thread: '1,8' }"));
  EXPECT_THAT(text, AllOf(HasSubstr("stream  2 threads             512 messages a flow\n"),
                          HasSubstr("stream  2 threads of 8 flows  64 messages a flow\n")));
}

TEST(PlanTextTest, TellsTheArmsOfARepeatedValueApart) {
  EXPECT_THAT(PlanText(PlanOf("matrix { send_mode: 'two-copy,two-copy' message_bytes: '4K' }")),
              HasSubstr("two-copy two-copy#2"));
}

TEST(PlanTextTest, ALoneCellIsARowOfItsOwn) {
  EXPECT_THAT(PlanText(PlanOf("repeats: 1 matrix { send_mode: 'one-copy' message_bytes: '4K' }")),
              AllOf(HasSubstr("1 cell x 1 block = 1 trial, after 1 verification;"),
                    HasSubstr("\ncells\n  one-copy\n")));
}

TEST(PlanTextTest, CellsSkippedForOneReasonStandTogether) {
  HostLimits limits;
  limits.missing_send_modes[v1::SEND_MODE_ZERO_COPY] = "no such thing";
  EXPECT_THAT(PlanText(PlanOf("", limits)),
              HasSubstr("\nskipped\n  zero-copy 4K, zero-copy 64K: the sender lacks zero-copy: no "
                        "such thing\n"));
}

TEST(PlanTextTest, LeavesOutTheMiddleOfLongLists) {
  std::vector<int> threads(64);
  std::iota(threads.begin(), threads.end(), 1);
  const std::string text = PlanText(PlanOf(absl::StrCat(
      "matrix { threads: '", absl::StrJoin(threads, ","), "' send_mode: 'two-copy'",
      " congestion: 'cubic,cubic,cubic,cubic,cubic,cubic,cubic,cubic,cubic,cubic,cubic'",
      " message_bytes: '8,16,24,32,40,48,56,64' }")));
  EXPECT_THAT(text, AllOf(HasSubstr("... 30 more ..."), HasSubstr("  64             cubic#11")));
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 75);
}

TEST(PresetsTextTest, ListsEachWithWhatItAmountsTo) {
  const auto text = PresetsText();
  ASSERT_OK(text);
  EXPECT_THAT(*text, AllOf(HasSubstr("quick: 6 cells x 8 blocks"),
                           HasSubstr("classic: 48 cells x 7 blocks"), HasSubstr("full: "),
                           Not(HasSubstr("seed"))));
}

}  // namespace
}  // namespace copycost
