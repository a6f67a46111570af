#include "common/trial_validation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "copycost/v1/words.pb.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost {
namespace {

using ::copycost::testing::StatusIs;
using ::copycost::testing::WorkloadOf;
using ::google::protobuf::FieldDescriptor;
using ::testing::StartsWith;

v1::Workload GoodWorkload() { return WorkloadOf(v1::SEND_MODE_ZERO_COPY); }

void AddEnd(v1::Prepare& prepare, uint32_t flow) {
  v1::FlowEnd& end = *prepare.add_ends();
  end.set_flow(flow);
  end.set_role(v1::ROLE_SENDER);
  end.set_nonce(std::string(16, 'a'));
  end.set_peer_nonce(std::string(16, 'b'));
}

v1::Prepare GoodPrepare() {
  v1::Prepare prepare;
  prepare.set_trial_id("b001-c001");
  prepare.set_attempt(1);
  prepare.set_purpose(v1::PURPOSE_MEASURE);
  *prepare.mutable_workload() = GoodWorkload();
  AddEnd(prepare, 0);
  return prepare;
}

// It is the named field that is refused.
auto Refuses(absl::string_view field) {
  return StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(absl::StrCat(field, ": ")));
}

template <typename Bend>
absl::Status CheckBentWorkload(Bend bend) {
  v1::Workload workload = GoodWorkload();
  bend(workload);
  return ValidateWorkload(workload);
}

template <typename Bend>
absl::Status CheckBentPrepare(Bend bend) {
  v1::Prepare prepare = GoodPrepare();
  bend(prepare);
  return ValidatePrepare(prepare);
}

void SetNumber(v1::Workload& workload, const FieldDescriptor& field, uint64_t value) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
    workload.GetReflection()->SetUInt64(&workload, &field, value);
  } else {
    workload.GetReflection()->SetUInt32(&workload, &field, static_cast<uint32_t>(value));
  }
}

TEST(TrialValidationTest, PassesWhatTheCoordinatorBuilds) {
  EXPECT_OK(ValidateWorkload(GoodWorkload()));
  EXPECT_OK(ValidatePrepare(GoodPrepare()));
}

v1::Prepare UnixPrepare() {
  v1::Prepare prepare = GoodPrepare();
  v1::Workload& workload = *prepare.mutable_workload();
  workload.set_transport(v1::TRANSPORT_UNIX);
  workload.clear_ip_version();
  workload.clear_nodelay();
  workload.clear_tso();
  workload.clear_congestion();
  workload.clear_gro();
  prepare.mutable_ends(0)->set_peer_on_same_host(true);
  return prepare;
}

TEST(TrialValidationTest, ALocalTransportIsAskedForNothingOfANetwork) {
  EXPECT_OK(ValidatePrepare(UnixPrepare()));
  v1::Prepare prepare = UnixPrepare();
  prepare.mutable_workload()->set_ip_version(v1::IP_VERSION_4);
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("workload.ip_version"));
  prepare = UnixPrepare();
  prepare.mutable_workload()->set_congestion("cubic");
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("workload.congestion"));
  prepare = UnixPrepare();
  prepare.mutable_workload()->set_pacing_bits_per_s(8000);
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("workload.pacing_bits_per_s"));
  prepare = UnixPrepare();
  prepare.mutable_workload()->set_mtu(1500);
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("workload.mtu"));
  prepare = UnixPrepare();
  prepare.set_data_address("10.0.0.1");
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("data_address"));
}

TEST(TrialValidationTest, ALocalTransportNeedsBothEndsOnOneHost) {
  v1::Prepare prepare = UnixPrepare();
  prepare.mutable_ends(0)->set_peer_on_same_host(false);
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("ends[flow 0]"));
}

TEST(TrialValidationTest, RefusesEveryAxisThatIsNotGiven) {
  for (int i = 0; i < v1::Workload::descriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *v1::Workload::descriptor()->field(i);
    if (!field.options().HasExtension(v1::axis)) continue;
    if (!field.options().GetExtension(v1::axis).zero_word().empty()) continue;
    EXPECT_THAT(CheckBentWorkload([&](v1::Workload& workload) {
                  workload.GetReflection()->ClearField(&workload, &field);
                }),
                Refuses(absl::StrCat("workload.", field.name())));
  }
}

// Every axis applies.
void MakePaced(v1::Workload& workload) {
  workload.set_pattern(v1::PATTERN_PACED);
  workload.set_response_bytes(64);
  workload.set_rate(1000);
}

TEST(TrialValidationTest, RefusesEveryNumberBeyondItsAxisAndTakesTheLargest) {
  for (int i = 0; i < v1::Workload::descriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *v1::Workload::descriptor()->field(i);
    const uint64_t maximum = field.options().GetExtension(v1::axis).maximum();
    if (maximum == 0) continue;
    const auto check_with = [&](uint64_t value) {
      return CheckBentWorkload([&](v1::Workload& w) {
        // A thread has several flows only where there are no exchanges.
        if (field.number() != v1::Workload::kFlowsPerThreadFieldNumber) {
          MakePaced(w);
          w.set_response_bytes(w.message_bytes());  // which the most fields divide too
        }
        if (field.number() == v1::Workload::kExtraCopiesFieldNumber) {
          w.set_send_mode(v1::SEND_MODE_TWO_COPY);
        }
        SetNumber(w, field, value);
      });
    };
    EXPECT_OK(check_with(maximum)) << field.name();
    EXPECT_THAT(check_with(maximum + 1), Refuses(absl::StrCat("workload.", field.name())));
  }
}

TEST(TrialValidationTest, OnlyModesThatStageMakeMoreCopies) {
  EXPECT_THAT(CheckBentWorkload([](auto& w) {
                w.set_send_mode(v1::SEND_MODE_ONE_COPY);
                w.set_extra_copies(1);
              }),
              Refuses("workload.extra_copies"));
}

TEST(TrialValidationTest, RefusesEnumValuesItDoesNotKnow) {
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_send_mode(static_cast<v1::SendMode>(99)); }),
              Refuses("workload.send_mode"));
}

TEST(TrialValidationTest, RefusesMessagesThatCannotBeSplit) {
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_fields(7); }),
              Refuses("workload.message_bytes"));
}

TEST(TrialValidationTest, ResponsesAndARateAreThoseOfThePatternsThatHaveThem) {
  EXPECT_OK(CheckBentWorkload(MakePaced));
  const auto bent = [](auto bend) {
    return CheckBentWorkload([&](v1::Workload& w) {
      MakePaced(w);
      bend(w);
    });
  };
  EXPECT_THAT(bent([](v1::Workload& w) { w.clear_response_bytes(); }),
              Refuses("workload.response_bytes"));
  EXPECT_THAT(bent([](v1::Workload& w) { w.set_response_bytes(65); }),
              Refuses("workload.response_bytes"));
  EXPECT_THAT(bent([](v1::Workload& w) { w.clear_rate(); }), Refuses("workload.rate"));
  EXPECT_THAT(bent([](v1::Workload& w) { w.set_pattern(v1::PATTERN_RR); }),
              Refuses("workload.rate"));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_response_bytes(64); }),
              Refuses("workload.response_bytes"));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_rate(1); }), Refuses("workload.rate"));
}

TEST(TrialValidationTest, RefusesPacingThatTheKernelCannotCount) {
  EXPECT_OK(CheckBentWorkload([](auto& w) { w.set_mtu(1280); }));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_mtu(1279); }), Refuses("workload.mtu"));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_mtu(65536); }), Refuses("workload.mtu"));
  EXPECT_OK(CheckBentWorkload([](auto& w) { w.set_pacing_bits_per_s(800); }));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_pacing_bits_per_s(801); }),
              Refuses("workload.pacing_bits_per_s"));
}

TEST(TrialValidationTest, RefusesToVerifyWhatWasNotWrittenForIt) {
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_read(v1::READ_VERIFY); }),
              Refuses("workload.read"));
}

TEST(TrialValidationTest, RefusesToReadWhatIsNotDelivered) {
  const auto check = [](v1::ReceiveMode mode, v1::Read read) {
    return CheckBentWorkload([&](auto& w) {
      w.set_receive_mode(mode);
      w.set_read(read);
    });
  };
  for (const v1::ReceiveMode mode : {v1::RECEIVE_MODE_TRUNCATE, v1::RECEIVE_MODE_SPLICE_NULL}) {
    EXPECT_OK(check(mode, v1::READ_NONE));
    EXPECT_THAT(check(mode, v1::READ_CHECKSUM), Refuses("workload.read"));
  }
  EXPECT_OK(check(v1::RECEIVE_MODE_MAPPED, v1::READ_CHECKSUM));
}

TEST(TrialValidationTest, RefusesTimesBeyondTheirBounds) {
  const int64_t minute = 60'000'000'000;
  EXPECT_OK(CheckBentWorkload([&](auto& w) { w.set_warmup_ns(minute); }));
  EXPECT_THAT(CheckBentWorkload([&](auto& w) { w.set_warmup_ns(minute + 1); }),
              Refuses("workload.warmup_ns"));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_warmup_ns(-1); }),
              Refuses("workload.warmup_ns"));
  EXPECT_OK(CheckBentWorkload([](auto& w) { w.set_window_ns(100'000'000); }));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_window_ns(99'999'999); }),
              Refuses("workload.window_ns"));
  EXPECT_THAT(CheckBentWorkload([&](auto& w) { w.set_window_ns(10 * minute + 1); }),
              Refuses("workload.window_ns"));
}

TEST(TrialValidationTest, CountedMessagesGoWithoutTimes) {
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_messages_per_flow(5); }),
              Refuses("workload.messages_per_flow"));
  EXPECT_OK(CheckBentWorkload([](auto& w) {
    w.set_messages_per_flow(5);
    w.clear_warmup_ns();
    w.clear_window_ns();
  }));
}

TEST(TrialValidationTest, RefusesACongestionControlWithAnImpossibleName) {
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_congestion(std::string(16, 'c')); }),
              Refuses("workload.congestion"));
}

TEST(TrialValidationTest, RefusesATrialWithoutANameOrNumberOrPurpose) {
  EXPECT_THAT(CheckBentPrepare([](auto& p) { p.clear_trial_id(); }), Refuses("trial_id"));
  EXPECT_THAT(CheckBentPrepare([](auto& p) { p.set_trial_id(std::string(65, 'a')); }),
              Refuses("trial_id"));
  EXPECT_THAT(CheckBentPrepare([](auto& p) { p.clear_attempt(); }), Refuses("attempt"));
  EXPECT_THAT(CheckBentPrepare([](auto& p) { p.clear_purpose(); }), Refuses("purpose"));
}

TEST(TrialValidationTest, RefusesNoEndsAndTooMany) {
  EXPECT_THAT(CheckBentPrepare([](auto& p) { p.clear_ends(); }), Refuses("ends"));
  EXPECT_THAT(CheckBentPrepare([](auto& p) {
                while (p.ends_size() <= 1024) AddEnd(p, static_cast<uint32_t>(p.ends_size()));
              }),
              Refuses("ends"));
}

TEST(TrialValidationTest, RefusesAnEndThatIsNotWhole) {
  const auto bend = [](auto how) {
    return CheckBentPrepare([&](v1::Prepare& prepare) { how(*prepare.mutable_ends(0)); });
  };
  const auto refused = Refuses("ends[flow 0]");
  EXPECT_THAT(bend([](v1::FlowEnd& end) { end.clear_role(); }), refused);
  EXPECT_THAT(bend([](v1::FlowEnd& end) { end.set_nonce("short"); }), refused);
  EXPECT_THAT(bend([](v1::FlowEnd& end) { end.clear_peer_nonce(); }), refused);
  EXPECT_THAT(bend([](v1::FlowEnd& end) { end.set_nonce(end.peer_nonce()); }), refused);
}

TEST(TrialValidationTest, RefusesAFlowThatIsNamedTwice) {
  EXPECT_THAT(CheckBentPrepare([](auto& p) { AddEnd(p, 0); }), Refuses("ends[flow 0]"));
}

// Two threads of two flows.
v1::Prepare PrepareOfSharedThreads() {
  v1::Prepare prepare = GoodPrepare();
  prepare.clear_ends();
  prepare.mutable_workload()->set_threads(2);
  prepare.mutable_workload()->set_flows_per_thread(2);
  for (uint32_t flow = 0; flow < 4; ++flow) {
    AddEnd(prepare, flow);
    prepare.mutable_ends(static_cast<int>(flow))->set_thread(flow / 2);
    prepare.mutable_ends(static_cast<int>(flow))->set_cpu(flow / 2);
  }
  return prepare;
}

TEST(TrialValidationTest, EndsOfOneThreadHaveItsRoleAndItsCpu) {
  EXPECT_OK(ValidatePrepare(PrepareOfSharedThreads()));
  v1::Prepare prepare = PrepareOfSharedThreads();
  prepare.mutable_ends(3)->set_cpu(7);
  EXPECT_THAT(ValidatePrepare(prepare),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "ends[flow 3]: has another role or CPU than flow 2 of the same thread"));
  prepare = PrepareOfSharedThreads();
  prepare.mutable_ends(1)->set_role(v1::ROLE_RECEIVER);
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("ends[flow 1]"));
}

TEST(TrialValidationTest, EveryThreadHasAsManyEndsAsWereAskedFor) {
  v1::Prepare prepare = PrepareOfSharedThreads();
  prepare.mutable_ends()->RemoveLast();
  EXPECT_THAT(ValidatePrepare(prepare),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "workload.flows_per_thread: 2 where thread 1 has 1"));
  prepare = PrepareOfSharedThreads();
  for (v1::FlowEnd& end : *prepare.mutable_ends()) {
    end.set_thread(0);
    end.set_cpu(0);
  }
  EXPECT_THAT(ValidatePrepare(prepare), Refuses("workload.flows_per_thread"));
}

TEST(TrialValidationTest, AnExchangeTakesItsThreadWhole) {
  EXPECT_OK(CheckBentWorkload([](auto& w) { w.set_flows_per_thread(2); }));
  EXPECT_THAT(CheckBentWorkload([](auto& w) {
                MakePaced(w);
                w.set_flows_per_thread(2);
              }),
              Refuses("workload.flows_per_thread"));
}

TEST(TrialValidationTest, RefusesMoreFlowsThanATrialHas) {
  const auto check = [](uint32_t threads) {
    return CheckBentWorkload([threads](auto& w) {
      w.set_threads(threads);
      w.set_flows_per_thread(64);
    });
  };
  EXPECT_OK(check(16));
  EXPECT_THAT(check(17), Refuses("workload.flows_per_thread"));
}

TEST(TrialValidationTest, APreparesWorkloadIsCheckedToo) {
  EXPECT_THAT(CheckBentPrepare([](auto& p) { p.mutable_workload()->set_threads(0); }),
              Refuses("workload.threads"));
}

TEST(TrialValidationTest, DatagramsHaveNothingOfTcpAndNoMessageTheyCannotHold) {
  v1::Workload workload = GoodWorkload();
  workload.set_transport(v1::TRANSPORT_UDP);
  workload.clear_congestion();
  workload.clear_nodelay();
  workload.clear_tso();
  workload.set_message_bytes(65504);
  EXPECT_OK(ValidateWorkload(workload));
  workload.set_message_bytes(65512);
  EXPECT_THAT(ValidateWorkload(workload),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("workload: udp takes")));
  workload.set_message_bytes(65504);
  workload.set_pacing_bits_per_s(8000);
  EXPECT_THAT(ValidateWorkload(workload), Refuses("workload.pacing_bits_per_s"));
}

auto RefusesBuffers(absl::string_view what) {
  return StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(absl::StrCat("workload: ", what)));
}

TEST(TrialValidationTest, RefusesBuffersThatCannotBe) {
  EXPECT_OK(CheckBentWorkload([](auto& w) { w.set_working_set_bytes(64 * w.message_bytes()); }));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_working_set_bytes(w.message_bytes() + 1); }),
              RefusesBuffers("a working set"));
  EXPECT_THAT(CheckBentWorkload([](auto& w) {
                w.set_message_bytes(w.fields());
                w.set_working_set_bytes(uint64_t{w.fields()} * 16385);
              }),
              RefusesBuffers("a working set"));
  EXPECT_THAT(CheckBentWorkload([](auto& w) {
                w.set_send_mode(v1::SEND_MODE_ZERO_COPY);
                w.set_ring_depth(3);
                w.set_working_set_bytes(2 * w.message_bytes());
              }),
              RefusesBuffers("a working set"));
  EXPECT_OK(CheckBentWorkload([](auto& w) { w.set_alignment_bytes(2048); }));
  EXPECT_THAT(CheckBentWorkload([](auto& w) { w.set_alignment_bytes(24); }),
              RefusesBuffers("an alignment"));
  EXPECT_THAT(CheckBentWorkload([](auto& w) {
                w.set_send_mode(v1::SEND_MODE_SENDFILE);
                w.set_huge_pages(v1::HUGE_PAGES_TRANSPARENT);
              }),
              RefusesBuffers("the pages that sendfile sends"));
}

TEST(TrialValidationTest, EventsAreNamesAndNotTooMany) {
  v1::Prepare prepare = GoodPrepare();
  v1::EventGroup& group = *prepare.mutable_instruments()->add_thread_groups();
  for (int i = 0; i < 64; ++i) group.add_events(absl::StrCat("e", i));
  *prepare.mutable_instruments()->add_cpu_groups() = group;
  EXPECT_OK(ValidatePrepare(prepare));
  prepare.mutable_instruments()->add_cpu_groups()->add_events("one-more");
  EXPECT_THAT(ValidatePrepare(prepare), StatusIs(absl::StatusCode::kInvalidArgument,
                                                 HasSubstr("instruments: 65 events; at most 64")));
  prepare.clear_instruments();
  prepare.mutable_instruments()->add_thread_groups()->add_events("a b");
  EXPECT_THAT(ValidatePrepare(prepare), StatusIs(absl::StatusCode::kInvalidArgument,
                                                 HasSubstr("instruments: 'a b' is no name")));
}

}  // namespace
}  // namespace copycost
