#include "coordinator/experiment/plan.h"

#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/mode_traits.h"
#include "common/trial_validation.h"
#include "coordinator/experiment/resolve.h"
#include "coordinator/experiment/ring_depth.h"
#include "coordinator/experiment/verification.h"
#include "coordinator/record/verified_path.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

LoadedExperiment FromFile(absl::string_view text) {
  LoadedExperiment loaded = *ParseExperiment(text, "f");
  EXPECT_OK(Resolve(loaded));
  return loaded;
}

// As if a preset had brought it.
LoadedExperiment FromPreset(absl::string_view text) {
  LoadedExperiment loaded = FromFile(text);
  loaded.places.clear();
  return loaded;
}

std::vector<std::string> Labels(const v1::Plan& plan) {
  std::vector<std::string> labels;
  for (const v1::Cell& cell : plan.cells()) labels.push_back(cell.label());
  return labels;
}

HostLimits WithoutZeroCopy() {
  HostLimits limits;
  limits.missing_send_modes[v1::SEND_MODE_ZERO_COPY] = "no such thing; get a newer kernel";
  return limits;
}

TEST(PlanTest, APlanThatWasReadIsCheckedBeforeItIsCarriedOut) {
  const v1::Plan plan = *MakePlan(FromFile("matrix { threads: '1,4' }"), HostLimits());
  EXPECT_OK(CheckPlan(plan));
  const std::vector<std::function<void(v1::Plan&)>> bends = {
      [](v1::Plan& bent) { bent.clear_cells(); },
      [](v1::Plan& bent) { bent.mutable_cells(1)->set_id(1'000'000); },
      [](v1::Plan& bent) { bent.mutable_cells(0)->set_id(0); },
      [](v1::Plan& bent) { bent.mutable_cells(0)->mutable_workload()->set_threads(4'000'000'000); },
      [](v1::Plan& bent) { bent.mutable_verifications(0)->set_fields(0); },
      [](v1::Plan& bent) { bent.mutable_experiment()->set_repeats(0); },
      [](v1::Plan& bent) { bent.mutable_experiment()->set_repeats(4'000'000'000); },
      [](v1::Plan& bent) { bent.mutable_experiment()->set_topology("moon"); },
  };
  for (size_t i = 0; i < bends.size(); ++i) {
    v1::Plan bent = plan;
    bends[i](bent);
    EXPECT_TRUE(absl::IsInvalidArgument(CheckPlan(bent))) << i;
  }
}

TEST(PlanTest, CrossesTheAxesInTheirOrder) {
  const auto plan = MakePlan(
      FromFile("matrix { send_mode: 'two-copy,zero-copy' message_bytes: '4K' threads: '1,4' }"),
      HostLimits());
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan), ElementsAre("two-copy threads=1", "two-copy threads=4",
                                         "zero-copy threads=1", "zero-copy threads=4"));
  for (int i = 0; i < plan->cells_size(); ++i) {
    EXPECT_EQ(plan->cells(i).id(), static_cast<uint32_t>(i + 1));
    EXPECT_TRUE(plan->cells(i).arms().empty());
  }
}

TEST(PlanTest, LabelsSayModesAndSizesBareAndOtherAxesByName) {
  const auto plan = MakePlan(FromFile("matrix { send_mode: 'two-copy' congestion: 'cubic,reno'"
                                      " message_bytes: '64K,1000' ring_depth: 'auto,4' }"),
                             HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells(0).label(), "64K congestion=cubic ring_depth=auto");
  EXPECT_EQ(plan->cells(7).label(), "1000 congestion=reno ring_depth=4");
}

TEST(PlanTest, ALoneCellIsCalledByItsSendMode) {
  const auto plan =
      MakePlan(FromFile("matrix { send_mode: 'one-copy' message_bytes: '4K' }"), HostLimits());
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan), ElementsAre("one-copy"));
}

TEST(PlanTest, ARepeatedValueKeepsAnArmOfItsOwn) {
  const auto plan = MakePlan(
      FromFile("matrix { send_mode: 'two-copy,zero-copy,two-copy' message_bytes: '4K,4096' }"),
      HostLimits());
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan), ElementsAre("two-copy 4K", "two-copy 4K#2", "zero-copy 4K",
                                         "zero-copy 4K#2", "two-copy#2 4K", "two-copy#2 4K#2"));
  EXPECT_EQ(plan->cells(5).arms().at("send_mode"), 2u);
  EXPECT_EQ(plan->cells(5).arms().at("message_bytes"), 2u);
  EXPECT_EQ(plan->cells(2).arms().at("send_mode"), 1u);
  EXPECT_EQ(plan->cells(2).arms().size(), 2u);
}

TEST(PlanTest, LabelsAreDistinct) {
  const auto plan = MakePlan(FromFile("matrix { send_mode: 'two-copy,two-copy,one-copy'"
                                      " message_bytes: '1K..64K' threads: '1,2,2,1' }"),
                             HostLimits());
  ASSERT_OK(plan);
  const std::vector<std::string> labels = Labels(*plan);
  EXPECT_EQ(labels.size(), 84u);
  EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(), 84u);
}

TEST(PlanTest, OnlyCrossedSendModesMeetEveryReceiveMode) {
  const std::string matrix =
      "matrix { send_mode: 'two-copy,one-copy' receive_mode: 'recv,scatter' message_bytes: '4K' }";
  const auto plan = MakePlan(FromFile(matrix + " crossed: 'two-copy'"), HostLimits());
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan), ElementsAre("two-copy recv", "two-copy scatter", "one-copy recv"));
  EXPECT_THAT(plan->skipped(), IsEmpty());
  EXPECT_EQ(MakePlan(FromFile(matrix), HostLimits())->cells_size(), 4);
}

TEST(PlanTest, PagesThatAreMappedAreReadUnlessAskedOtherwise) {
  const auto plan = MakePlan(
      FromFile("matrix { send_mode: 'two-copy' receive_mode: 'recv,mapped' message_bytes: '4K' }"),
      HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells(0).workload().read(), v1::READ_NONE);
  EXPECT_EQ(plan->cells(1).workload().read(), v1::READ_CHECKSUM);
  const auto none = MakePlan(
      FromFile("matrix { receive_mode: 'mapped' message_bytes: '4K' read: 'none' }"), HostLimits());
  ASSERT_OK(none);
  EXPECT_EQ(none->cells(0).workload().read(), v1::READ_NONE);
}

TEST(PlanTest, ResponsesAreAsLargeAsRequestsUnlessAskedOtherwise) {
  const auto plan = MakePlan(FromFile("matrix { send_mode: 'two-copy' pattern: 'rr'"
                                      " message_bytes: '4K,64K' response_bytes: 'same,64' }"),
                             HostLimits());
  ASSERT_OK(plan);
  std::vector<uint64_t> responses;
  for (const v1::Cell& cell : plan->cells()) responses.push_back(cell.workload().response_bytes());
  EXPECT_THAT(responses, ElementsAre(4096, 64, 65536, 64));
  EXPECT_EQ(plan->cells(0).workload().pattern(), v1::PATTERN_RR);
  EXPECT_EQ(plan->cells(1).label(), "4K response_bytes=64");
  EXPECT_OK(CheckPlan(*plan));
}

// An axis that a pattern has no part for makes no cells of it.
TEST(PlanTest, ResponsesAndRatesAreOfThePatternsThatHaveThem) {
  const auto plan = MakePlan(FromFile("matrix { send_mode: 'two-copy' message_bytes: '4K'"
                                      " pattern: 'stream,rr,paced' response_bytes: '64'"
                                      " rate: '100,1000' }"),
                             HostLimits());
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan), ElementsAre("pattern=stream", "pattern=rr", "pattern=paced rate=100",
                                         "pattern=paced rate=1000"));
  std::vector<uint64_t> responses;
  std::vector<uint32_t> rates;
  for (const v1::Cell& cell : plan->cells()) {
    responses.push_back(cell.workload().response_bytes());
    rates.push_back(cell.workload().rate());
  }
  EXPECT_THAT(responses, ElementsAre(0, 64, 64, 64));
  EXPECT_THAT(rates, ElementsAre(0, 0, 100, 1000));
  EXPECT_OK(CheckPlan(*plan));
  EXPECT_EQ(plan->verifications_size(), 3) << "a path of each pattern";
}

TEST(PlanTest, WhereBothSidesSendBothNeedTheModes) {
  HostLimits limits;
  limits.missing_send_modes_of_receiver[v1::SEND_MODE_ZERO_COPY] = "too old";
  limits.missing_receive_modes_of_sender[v1::RECEIVE_MODE_MAPPED] = "no MMU";
  EXPECT_OK(MakePlan(FromFile("matrix { send_mode: 'zero-copy' receive_mode: 'mapped' }"), limits));
  EXPECT_THAT(MakePlan(FromFile("matrix { send_mode: 'zero-copy' pattern: 'rr' }"), limits),
              StatusIs(kPrecondition, HasSubstr("the receiver lacks zero-copy: too old")));
  EXPECT_THAT(MakePlan(FromFile("matrix { send_mode: 'two-copy' receive_mode: 'mapped'"
                                " pattern: 'rr' }"),
                       limits),
              StatusIs(kPrecondition, HasSubstr("the sender lacks mapped: no MMU")));
}

TEST(PlanTest, WhereBothSidesSendBothNeedTheMemory) {
  HostLimits limits;
  // Two buffers of 64 KiB and two pages, for one side.
  limits.locked_memory_bytes = uint64_t{1} << 30;
  limits.locked_memory_bytes_of_receiver = 2 * (64 + 8) * 1024;
  EXPECT_OK(MakePlan(FromFile("matrix { send_mode: 'zero-copy' message_bytes: '64K' }"), limits));
  EXPECT_THAT(
      MakePlan(FromFile("matrix { send_mode: 'zero-copy' message_bytes: '64K' pattern: 'rr' }"),
               limits),
      StatusIs(kPrecondition,
               AllOf(HasSubstr("needs 288K"), HasSubstr("the smaller limit is 144K"))));
}

TEST(PlanTest, AMappableMtuIsThatOfAPageAndItsHeaders) {
  const auto plan =
      MakePlan(FromFile("matrix { send_mode: 'two-copy' ip_version: '4,6' message_bytes: '4K'"
                        " mtu: 'found,mappable,9000' }"),
               HostLimits());
  ASSERT_OK(plan);
  std::vector<uint32_t> mtus;
  for (const v1::Cell& cell : plan->cells()) mtus.push_back(cell.workload().mtu());
  EXPECT_THAT(mtus, ElementsAre(0, 4148, 9000, 0, 4168, 9000));
}

TEST(PlanTest, OnlyModesThatStageMakeMoreCopies) {
  const std::string matrix = "matrix { send_mode: 'two-copy,one-copy' message_bytes: '4K'";
  const auto plan = MakePlan(FromPreset(matrix + " extra_copies: 'none,2' }"), HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells_size(), 3);
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_THAT(plan->skipped(0).reason(), HasSubstr("one-copy copies no message"));
  for (const v1::Workload& verification : plan->verifications()) {
    EXPECT_EQ(verification.extra_copies(), 0u);
  }
}

TEST(PlanTest, ALedgerDoublesTheTrials) {
  v1::Plan plan =
      *MakePlan(FromPreset("matrix { send_mode: 'two-copy' } repeats: 3"), HostLimits());
  const uint64_t verifications = static_cast<uint64_t>(plan.verifications_size());
  const uint64_t measured = TrialCount(plan) - verifications;
  const absl::Duration estimate = EstimateDuration(plan);
  plan.mutable_experiment()->set_ledger_hz(199);
  EXPECT_EQ(TrialCount(plan) - verifications, 2 * measured);
  EXPECT_GT(EstimateDuration(plan), estimate);
  EXPECT_OK(CheckPlan(plan));
  for (const uint32_t hz : {0u, 5000u}) {
    plan.mutable_experiment()->set_ledger_hz(hz);
    EXPECT_THAT(CheckPlan(plan),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("samples")));
  }
}

TEST(PlanTest, NothingIsReadOfWhatIsNotDelivered) {
  const std::string matrix =
      "matrix { send_mode: 'two-copy' receive_mode: 'recv,truncate' message_bytes: '4K'";
  const auto plan = MakePlan(FromPreset(matrix + " read: 'checksum' }"), HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells_size(), 1);
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_THAT(plan->skipped(0).reason(), HasSubstr("truncate delivers nothing to read"));
  EXPECT_THAT(MakePlan(FromFile(matrix + " read: 'checksum' }"), HostLimits()),
              StatusIs(kPrecondition, HasSubstr("truncate delivers nothing to read")));
  // And there is nothing to verify.
  const auto floor = MakePlan(FromFile(matrix + " }"), HostLimits());
  ASSERT_OK(floor);
  EXPECT_EQ(floor->cells_size(), 2);
  ASSERT_EQ(floor->verifications_size(), 1);
  EXPECT_EQ(floor->verifications(0).receive_mode(), v1::RECEIVE_MODE_RECV);
}

// Pitfall 1: the size that a cell is named for is the size its trials are given.
TEST(PlanTest, AWorkingSetIsRoundedUpToMessages) {
  const auto plan = MakePlan(
      FromFile("matrix { send_mode: 'one-copy' message_bytes: '1000' working_set_bytes: '64K' }"),
      HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells(0).workload().working_set_bytes(), 66'000u);
}

TEST(PlanTest, AWorkingSetThatNoCacheHoldsIsTwiceTheLargest) {
  HostLimits limits;
  limits.last_level_cache_bytes = 33 << 20;
  const LoadedExperiment loaded = FromFile(
      "matrix { send_mode: 'one-copy' message_bytes: '64000' working_set_bytes: '2xllc' }");
  const auto plan = MakePlan(loaded, limits);
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells(0).workload().working_set_bytes(), 64'000u * 1082);  // rounded up
  EXPECT_THAT(MakePlan(loaded, HostLimits()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("--working-set"), HasSubstr("last-level caches"))));
}

TEST(PlanTest, SkipsCellsWhoseBuffersCannotBe) {
  const auto plan =
      MakePlan(FromFile("matrix { send_mode: 'one-copy,zero-copy,sendfile' message_bytes: '64,1M' "
                        "working_set_bytes: '64M' ring_depth: '100' huge_pages: 'transparent' }"),
               HostLimits());
  ASSERT_OK(plan);
  ASSERT_EQ(plan->cells_size(), 1);
  EXPECT_EQ(plan->cells(0).label(), "one-copy 1M");
  std::map<std::string, std::string> reasons;
  for (const v1::SkippedCell& skipped : plan->skipped())
    reasons[skipped.label()] = skipped.reason();
  EXPECT_THAT(reasons["one-copy 64"], HasSubstr("1048576 messages"));
  EXPECT_THAT(reasons["zero-copy 1M"], HasSubstr("no room for a ring of 100"));
  EXPECT_THAT(reasons["sendfile 1M"], HasSubstr("small ones"));
}

TEST(PlanTest, HugePagesThatAHostLacksAreAnErrorWhereTheyWereNamed) {
  HostLimits limits;
  limits.missing_huge_pages[v1::HUGE_PAGES_RESERVED] = "none are set aside";
  EXPECT_OK(MakePlan(FromFile("matrix { huge_pages: 'none' }"), limits));
  EXPECT_THAT(MakePlan(FromFile("matrix { huge_pages: 'none,reserved' }"), limits),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("none are set aside")));
}

// By IP version: the data addresses of each may be on another NIC.
TEST(PlanTest, PlacementsThatHostsDoNotPermitAreAnErrorWhereTheyWereNamed) {
  HostLimits limits;
  limits.missing_placements[{v1::PLACEMENT_NIC_NODE, v1::IP_VERSION_6}] = "not on PCI";
  EXPECT_OK(MakePlan(FromFile("matrix { placement: 'nic-node' ip_version: '4' }"), limits));
  EXPECT_OK(MakePlan(FromFile("matrix { placement: 'spread' ip_version: '6' }"), limits));
  EXPECT_THAT(MakePlan(FromFile("matrix { placement: 'spread,nic-node' ip_version: '6' }"), limits),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("no placement nic-node"), HasSubstr("not on PCI"))));
}

TEST(PlanTest, DatagramsHaveNothingOfTcpAndNoMessageTheyCannotHold) {
  const auto plan = MakePlan(FromFile("matrix { transport: 'udp' send_mode: 'one-copy'"
                                      " message_bytes: '4K,64K' mtu: '9000' }"),
                             HostLimits());
  ASSERT_OK(plan);
  ASSERT_EQ(plan->cells_size(), 1);
  const v1::Workload& workload = plan->cells(0).workload();
  EXPECT_EQ(workload.congestion(), "");
  EXPECT_EQ(workload.nodelay(), v1::NODELAY_UNSPECIFIED);
  EXPECT_EQ(workload.mtu(), 9000u);
  EXPECT_OK(ValidateWorkload(workload));
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_THAT(plan->skipped(0).reason(), HasSubstr("at most 65507 bytes"));
}

TEST(PlanTest, MoreFlowsThanATrialHasAreSkippedWithTheReason) {
  const auto plan = MakePlan(FromFile("matrix { send_mode: 'two-copy' message_bytes: '4K'"
                                      " threads: '16,32' flows_per_thread: '1,64' }"),
                             HostLimits());
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan),
              ElementsAre("threads=16 flows_per_thread=1", "threads=16 flows_per_thread=64",
                          "threads=32 flows_per_thread=1"));
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_EQ(plan->skipped(0).reason(),
            "32 threads of 64 flows are 2048 flows, and a trial has at most 1024; lower --threads "
            "or --flows-per-thread");
  EXPECT_OK(CheckPlan(*plan));
  EXPECT_THAT(MakePlan(FromFile("matrix { threads: '256' flows_per_thread: '5' }"), HostLimits()),
              StatusIs(kPrecondition, HasSubstr("at most 1024")));
}

TEST(PlanTest, AnExchangeTakesItsThreadWhole) {
  const std::string matrix =
      "matrix { send_mode: 'two-copy' message_bytes: '4K' pattern: 'stream,rr'";
  EXPECT_THAT(
      MakePlan(FromFile(matrix + " flows_per_thread: '1,4' }"), HostLimits()),
      StatusIs(kPrecondition,
               AllOf(StartsWith("f:1:73: flows_per_thread: under rr an exchange takes its thread "
                                "whole"),
                     HasSubstr("leave --flows-per-thread at 1 there, or use --pattern stream"))));
  EXPECT_OK(MakePlan(FromFile(matrix + " flows_per_thread: '1' }"), HostLimits()));
  const auto plan = MakePlan(FromPreset(matrix + " flows_per_thread: '1,4' }"), HostLimits());
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan),
              ElementsAre("pattern=stream flows_per_thread=1", "pattern=stream flows_per_thread=4",
                          "pattern=rr flows_per_thread=1"));
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_THAT(plan->skipped(0).reason(), HasSubstr("an exchange takes its thread whole"));
}

TEST(PlanTest, EveryAxisReachesTheWorkload) {
  const auto plan = MakePlan(
      FromFile("warmup: '1s' window: '2s' matrix { ip_version: '6' send_mode: 'one-copy'"
               " message_bytes: '12K' fields: '3' threads: '5' touch: 'header' read: 'checksum'"
               " congestion: 'reno' ring_depth: '9' flows_per_thread: '7' }"),
      HostLimits());
  ASSERT_OK(plan);
  const v1::Workload& workload = plan->cells(0).workload();
  EXPECT_EQ(workload.transport(), v1::TRANSPORT_TCP);
  EXPECT_EQ(workload.ip_version(), v1::IP_VERSION_6);
  EXPECT_EQ(workload.pattern(), v1::PATTERN_STREAM);
  EXPECT_EQ(workload.send_mode(), v1::SEND_MODE_ONE_COPY);
  EXPECT_EQ(workload.receive_mode(), v1::RECEIVE_MODE_RECV);
  EXPECT_EQ(workload.message_bytes(), 12u << 10);
  EXPECT_EQ(workload.fields(), 3u);
  EXPECT_EQ(workload.threads(), 5u);
  EXPECT_EQ(workload.flows_per_thread(), 7u);
  EXPECT_EQ(workload.touch(), v1::TOUCH_HEADER);
  EXPECT_EQ(workload.read(), v1::READ_CHECKSUM);
  EXPECT_EQ(workload.congestion(), "reno");
  EXPECT_EQ(workload.ring_depth(), 9u);
  EXPECT_EQ(workload.warmup_ns(), 1'000'000'000);
  EXPECT_EQ(workload.window_ns(), 2'000'000'000);
  EXPECT_EQ(workload.messages_per_flow(), 0u);
}

TEST(PlanTest, SkipsAModeThatOnlyAPresetBrought) {
  const auto plan = MakePlan(FromPreset("matrix { message_bytes: '4K,64K' }"), WithoutZeroCopy());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells_size(), 4);
  ASSERT_EQ(plan->skipped_size(), 2);
  EXPECT_EQ(plan->skipped(0).label(), "zero-copy 4K");
  EXPECT_EQ(plan->skipped(0).reason(),
            "the sender lacks zero-copy: no such thing; get a newer kernel");
  for (const v1::Workload& workload : plan->verifications()) {
    EXPECT_NE(workload.send_mode(), v1::SEND_MODE_ZERO_COPY);
  }
}

TEST(PlanTest, RefusesAModeTheUserNamed) {
  EXPECT_THAT(
      MakePlan(FromFile("matrix {\n  send_mode: 'two-copy'\n  send_mode: 'zero-copy' }"),
               WithoutZeroCopy()),
      StatusIs(kPrecondition, AllOf(StartsWith("f:3:3: send_mode: the sender lacks zero-copy"),
                                    HasSubstr("newer kernel"))));
  HostLimits no_recv;
  no_recv.missing_receive_modes[v1::RECEIVE_MODE_RECV] = "broken";
  EXPECT_THAT(MakePlan(FromFile("matrix { receive_mode: 'recv' }"), no_recv),
              StatusIs(kPrecondition, HasSubstr("receiver lacks recv: broken")));
}

TEST(PlanTest, RefusesAPlanWithoutCells) {
  HostLimits no_recv;
  no_recv.missing_receive_modes[v1::RECEIVE_MODE_RECV] = "broken";
  EXPECT_THAT(MakePlan(FromPreset(""), no_recv),
              StatusIs(kPrecondition, HasSubstr("receiver lacks recv: broken")));
}

TEST(PlanTest, WithoutIpv6OnlyItsCellsAreImpossible) {
  HostLimits limits;
  limits.missing_ip_versions[v1::IP_VERSION_6] = "no address; enable it";
  EXPECT_OK(MakePlan(FromFile("matrix { ip_version: '4' }"), limits));
  EXPECT_THAT(MakePlan(FromFile("matrix { ip_version: '4,6' }"), limits),
              StatusIs(kPrecondition, "f:1:10: ip_version: no IPv6: no address; enable it"));
  const auto plan = MakePlan(
      FromPreset("matrix { send_mode: 'two-copy' message_bytes: '4K' ip_version: '4,6' }"), limits);
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan), ElementsAre("ip_version=4"));
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_EQ(plan->skipped(0).reason(), "no IPv6: no address; enable it");
}

TEST(PlanTest, SkipsCellsThatLockedMemoryDoesNotAllow) {
  HostLimits limits;
  // Two buffers of 64 KiB and two pages for one thread, not for two.
  limits.locked_memory_bytes = 2 * (64 + 8) * 1024;
  const auto plan = MakePlan(
      FromFile("matrix { send_mode: 'two-copy,zero-copy' message_bytes: '64K' threads: '1,2' }"),
      limits);
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan),
              ElementsAre("two-copy threads=1", "two-copy threads=2", "zero-copy threads=1"));
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_THAT(plan->skipped(0).reason(),
              AllOf(HasSubstr("needs 288K"), HasSubstr("limit is 144K"), HasSubstr("ulimit -l 288"),
                    HasSubstr("LimitMEMLOCK="), HasSubstr("root")));
}

TEST(PlanTest, ChecksTheRingDepthThatWasAskedFor) {
  HostLimits limits;
  limits.locked_memory_bytes = 3 * 12 * 1024;
  const auto plan = MakePlan(
      FromFile("matrix { send_mode: 'zero-copy' message_bytes: '4K' ring_depth: '1,2,3,4' }"),
      limits);
  ASSERT_OK(plan);
  EXPECT_THAT(Labels(*plan), ElementsAre("ring_depth=1", "ring_depth=2", "ring_depth=3"));
}

TEST(PlanTest, RefusesANamedModeWithMemoryForNoneOfItsCells) {
  HostLimits limits;
  limits.locked_memory_bytes = 4096;
  const absl::string_view text = "matrix { send_mode: 'two-copy,zero-copy' threads: '4,1' }";
  EXPECT_THAT(MakePlan(FromFile(text), limits),
              StatusIs(kPrecondition, AllOf(StartsWith("f:1:10: send_mode: even the smallest"),
                                            HasSubstr("ulimit -l 24,"), HasSubstr("limit is 4K"))));
  const auto plan = MakePlan(FromPreset(text), limits);
  ASSERT_OK(plan);
  EXPECT_EQ(plan->skipped_size(), 4);
}

TEST(PlanTest, EveryMeasuredCellHasMemoryForItsRing) {
  for (uint64_t budget = 4096; budget < (uint64_t{1} << 30); budget *= 7) {
    HostLimits limits;
    limits.locked_memory_bytes = budget;
    const auto plan =
        MakePlan(FromPreset("matrix { message_bytes: '1K..4M' threads: '1..64' }"), limits);
    ASSERT_OK(plan);
    for (const v1::Cell& cell : plan->cells()) {
      if (!PinsBuffers(cell.workload().send_mode())) continue;
      const uint32_t depth = ResolveRingDepth(cell.workload(), budget);
      EXPECT_LE(LockedBytes(cell.workload(), depth), budget) << cell.label();
    }
  }
}

TEST(PlanTest, VerifiesEveryPathItMeasures) {
  const auto plan = MakePlan(FromFile("matrix { ip_version: '4,6' }"), HostLimits());
  ASSERT_OK(plan);
  std::set<record::VerifiedPath> verified;
  for (const v1::Workload& workload : plan->verifications()) {
    verified.insert(record::PathOf(workload));
  }
  EXPECT_EQ(verified.size(), 6u);
  for (const v1::Cell& cell : plan->cells()) {
    EXPECT_EQ(verified.count(record::PathOf(cell.workload())), 1u) << cell.label();
  }
}

TEST(PlanTest, EstimatesTheTimeOfAllTrials) {
  const auto plan = MakePlan(FromFile("repeats: 10 warmup: '1s' window: '970ms'"
                                      "matrix { send_mode: 'two-copy' message_bytes: '4K,8K' }"),
                             HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(TrialCount(*plan), 22u);
  EXPECT_EQ(EstimateDuration(*plan), absl::Seconds(40) + absl::Milliseconds(60) +
                                         EstimateTraffic(plan->verifications(0)) +
                                         EstimateTraffic(plan->verifications(1)));
}

TEST(PlanTest, KnowsTheAxesThatVary) {
  const LoadedExperiment loaded = FromFile("matrix { message_bytes: '4K,4K' threads: '1' }");
  std::vector<std::string> names;
  for (const AxisField* axis : VaryingAxes(loaded.experiment)) names.push_back(axis->name);
  EXPECT_THAT(names, ElementsAre("send_mode", "message_bytes"));
}

TEST(PlanTest, PlansTheLargestMatrixThereMayBe) {
  std::string values = "1";
  for (int i = 1; i < 46; ++i) absl::StrAppend(&values, ",1");
  const auto plan = MakePlan(
      FromFile(absl::StrCat("matrix { send_mode: 'two-copy' message_bytes: '4K' fields: '", values,
                            "' threads: '", values, "' ring_depth: '", values, "' }")),
      HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells_size(), 46 * 46 * 46);
  EXPECT_THAT(plan->skipped(), IsEmpty());
}

HostLimits WithoutZeroCopyOverUnix() {
  HostLimits limits;
  limits.missing_send_modes_over[{v1::TRANSPORT_UNIX, v1::SEND_MODE_ZERO_COPY}] =
      "not over unix sockets: refused";
  return limits;
}

TEST(PlanTest, ALocalTransportHasOneCellWhateverTheNetworkVaries) {
  const auto plan = MakePlan(FromFile("matrix { transport: 'unix,tcp' ip_version: '4,6'"
                                      " congestion: 'cubic,reno' mtu: 'found,9000'"
                                      " pacing_bits_per_s: 'none,1G' send_mode: 'two-copy'"
                                      " message_bytes: '4K' }"),
                             HostLimits());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells_size(), 1 + 16);
  const v1::Workload& local = plan->cells(0).workload();
  EXPECT_EQ(local.transport(), v1::TRANSPORT_UNIX);
  EXPECT_EQ(local.ip_version(), v1::IP_VERSION_UNSPECIFIED);
  EXPECT_EQ(local.congestion(), "");
  EXPECT_EQ(local.mtu(), 0u);
  EXPECT_EQ(local.pacing_bits_per_s(), 0u);
  EXPECT_OK(CheckPlan(*plan));
}

TEST(PlanTest, ModesThatDoNotGoOverATransportAreSkippedThereWithTheReason) {
  const auto plan = MakePlan(FromFile("matrix { transport: 'tcp,unix' message_bytes: '4K'"
                                      " send_mode: 'two-copy,zero-copy' }"),
                             WithoutZeroCopyOverUnix());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->cells_size(), 3);
  ASSERT_EQ(plan->skipped_size(), 1);
  EXPECT_EQ(plan->skipped(0).workload().transport(), v1::TRANSPORT_UNIX);
  EXPECT_EQ(plan->skipped(0).reason(), "zero-copy is not over unix sockets: refused");
  EXPECT_THAT(MakePlan(FromFile("matrix { transport: 'unix' send_mode: 'zero-copy' }"),
                       WithoutZeroCopyOverUnix()),
              StatusIs(kPrecondition, HasSubstr("zero-copy is not over unix sockets: refused")));
}

TEST(PlanTest, ATransportThatWasNamedAndIsNotThereIsAnError) {
  HostLimits limits;
  limits.missing_transports[v1::TRANSPORT_UNIX] = "these are on two hosts";
  EXPECT_THAT(MakePlan(FromFile("matrix { transport: 'tcp,unix' }"), limits),
              StatusIs(kPrecondition,
                       AllOf(HasSubstr("transport"), HasSubstr("no unix: these are on two"))));
}

}  // namespace
}  // namespace copycost
