#include "coordinator/report/json_lines.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::report {
namespace {

using ::copycost::testing::OneCellRun;

google::protobuf::Struct Parse(const std::string& line) {
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  google::protobuf::Struct object;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &object).ok()) << line;
  return object;
}

TEST(JsonLinesTest, ATrialHasTheColumnsOfResultsCsv) {
  const record::Run run = OneCellRun(1);
  const auto object = Parse(TrialLine(run.info, run.attempts[0]));
  EXPECT_EQ(object.fields().at("type").string_value(), "trial");
  EXPECT_EQ(object.fields().at("run_id").string_value(), "run-1");
  EXPECT_EQ(object.fields().at("message_bytes").number_value(), 65536);
  EXPECT_EQ(object.fields().at("goodput_gbps").number_value(), 8);
}

TEST(JsonLinesTest, WhatIsAbsentIsLeftOut) {
  const record::Run run = OneCellRun(1);
  const auto object = Parse(TrialLine(run.info, run.attempts[0]));
  EXPECT_EQ(object.fields().count("zero_copy_sends"), 0u);
  EXPECT_EQ(object.fields().count("reason"), 0u);
  EXPECT_EQ(object.fields().count("retransmits"), 1u);
}

TEST(JsonLinesTest, ReasonsOfAnyTextStayOneLine) {
  record::Run run = OneCellRun(1);
  run.attempts[0].set_reason("a \"quoted\"\nreason");
  const auto object = Parse(TrialLine(run.info, run.attempts[0]));
  EXPECT_EQ(object.fields().at("reason").string_value(), "a \"quoted\"\nreason");
}

TEST(JsonLinesTest, ACellHasTheColumnsOfSummaryCsv) {
  const record::Run run = OneCellRun(7);
  const auto object = Parse(CellLine(run.info, analysis::Summarize(run).front()));
  EXPECT_EQ(object.fields().at("type").string_value(), "cell");
  EXPECT_EQ(object.fields().at("run_id").string_value(), "run-1");
  EXPECT_DOUBLE_EQ(object.fields().at("goodput_gbps_median").number_value(), 8.24);
}

TEST(JsonLinesTest, TheRunSaysWhatChangedBetweenItsSessions) {
  record::Run run = OneCellRun(2);
  EXPECT_EQ(Parse(RunLine(run)).fields().count("changes"), 0u);
  run.info.add_sessions()->add_changes("sender: kernel 6.2, was 6.1");
  const auto object = Parse(RunLine(run));
  EXPECT_EQ(object.fields().at("sessions").number_value(), 2);
  EXPECT_EQ(object.fields().at("changes").string_value(), "sender: kernel 6.2, was 6.1");
}

TEST(JsonLinesTest, TheRunKeepsEveryDigitOfItsSeed) {
  const auto object = Parse(RunLine(OneCellRun(2)));
  EXPECT_EQ(object.fields().at("type").string_value(), "run");
  EXPECT_EQ(object.fields().at("seed").string_value(), "18446744073709551615");
  EXPECT_EQ(object.fields().at("attempts").number_value(), 2);
}

TEST(JsonLinesTest, ACheckNamesItsSubject) {
  v1::Check check;
  check.set_name("IPv6");
  check.set_state(v1::CHECK_STATE_MISSING);
  check.set_found("bind ::1: no");
  check.set_remedy("sysctl");
  const auto object = Parse(CheckLine("sender", check));
  EXPECT_EQ(object.fields().at("type").string_value(), "check");
  EXPECT_EQ(object.fields().at("subject").string_value(), "sender");
  EXPECT_EQ(object.fields().at("state").string_value(), "missing");
  EXPECT_EQ(object.fields().at("remedy").string_value(), "sysctl");
  check.clear_remedy();
  EXPECT_EQ(Parse(CheckLine("sender", check)).fields().count("remedy"), 0u);
}

TEST(JsonLinesTest, DoctorEndsWithItsVerdict) {
  const auto object = Parse(DoctorLine("No run can be made.", 3));
  EXPECT_EQ(object.fields().at("type").string_value(), "doctor");
  EXPECT_EQ(object.fields().at("verdict").string_value(), "No run can be made.");
  EXPECT_EQ(object.fields().at("exit_code").number_value(), 3);
}

}  // namespace
}  // namespace copycost::report
