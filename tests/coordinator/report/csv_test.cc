#include "coordinator/report/csv.h"

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "coordinator/report/absence_rows.h"
#include "tests/testing/record_builder.h"
#include "tests/testing/status_matchers.h"

namespace copycost::report {
namespace {

using ::copycost::testing::OneCellRun;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> LinesOf(const std::string& csv) {
  EXPECT_EQ(csv.back(), '\n');
  return absl::StrSplit(csv.substr(0, csv.size() - 1), '\n');
}

// For files without quoted fields.
std::string FieldOf(const std::string& csv, size_t row, const std::string& column) {
  const std::vector<std::string> lines = LinesOf(csv);
  const std::vector<std::string> names = absl::StrSplit(lines[0], ',');
  const std::vector<std::string> values = absl::StrSplit(lines[row], ',');
  EXPECT_EQ(names.size(), values.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == column) return values[i];
  }
  ADD_FAILURE() << column;
  return "";
}

TEST(CsvTest, ResultsHaveARowAnAttemptUnderOneHeader) {
  const std::string csv = ResultsCsv(OneCellRun(3));
  EXPECT_EQ(LinesOf(csv).size(), 4u);
  EXPECT_EQ(FieldOf(csv, 2, "trial_id"), "b2-c1");
  EXPECT_EQ(FieldOf(csv, 1, "goodput_gbps"), "8");
  EXPECT_EQ(FieldOf(csv, 2, "goodput_gbps"), "8.08");
  EXPECT_EQ(FieldOf(csv, 1, "message_bytes"), "65536");
}

TEST(CsvTest, ColumnsStandInTheOrderOfTheDesign) {
  EXPECT_THAT(
      ResultsCsv({}),
      StartsWith(
          "run_id,trial_id,attempt,block,cell_id,purpose,outcome,flags,reason,"
          "started_utc,session,topology,sender_agent,receiver_agent,transport,ip_version,"
          "pattern,send_mode,receive_mode,message_bytes,fields,threads,touch,read,"
          "congestion,ring_depth,pacing_bits_per_s,mtu,response_bytes,rate,send_buffer_bytes,"
          "receive_buffer_bytes,nodelay,mss_bytes,busy_poll_us,tso,gro,flows_per_thread,"
          "working_set_bytes,alignment_bytes,huge_pages,placement,extra_copies,warmup_s,window_s,"
          "goodput_gbps,"
          "messages_per_s,bytes_per_send_"
          "call,send_call_mean_us,"
          "recv_call_mean_us,staging_copy_ns,exchanges_per_s,rr_latency_p50_us,"));
}

TEST(CsvTest, AbsencesHaveARowForEachColumnAndReason) {
  record::Run run = OneCellRun(2);
  run.info.mutable_plan()->mutable_experiment()->add_events("cycles");
  const std::string csv = AbsentCsv(run);
  std::vector<std::string> names;
  const record::Row row = AbsenceRows(run).front();
  for (const record::Field& field : row) names.push_back(field.name);
  EXPECT_EQ(LinesOf(csv)[0], absl::StrJoin(names, ","));
  EXPECT_EQ(LinesOf(AbsentCsv({}))[0], LinesOf(csv)[0]);
  EXPECT_THAT(csv, HasSubstr("\nzero_copy_sends,"));
  EXPECT_THAT(csv, HasSubstr("\nsender_cycles,"));
  EXPECT_THAT(csv, Not(HasSubstr("\ngoodput_gbps,")));
  EXPECT_THAT(csv, HasSubstr(",2,1\n"));
  run.attempts[1].set_outcome(v1::OUTCOME_FAILED);
  EXPECT_THAT(AbsentCsv(run), HasSubstr(",1,1\n"));
  EXPECT_THAT(AbsentCsv(run), Not(HasSubstr(",2,1\n")));
}

TEST(CsvTest, HostsHaveARowForEachThingTheyTell) {
  v1::RunRecord run;
  v1::AgentInfo& agent = *run.add_sessions()->add_agents();
  agent.set_agent("sender");
  agent.mutable_description()->set_host_name("a");
  agent.mutable_description()->set_kernel("6.1");
  v1::Fact& before = *agent.mutable_before()->add_settings();
  before.set_name("governor");
  before.set_value("performance");
  v1::EventState& event = *agent.mutable_before()->add_events();
  event.set_event("cycles");
  event.set_absent("no PMU");
  EXPECT_EQ(HostsCsv(run),
            "session,agent,host,kind,name,before,after\n"
            "1,sender,a,identity,kernel,6.1,\n"
            "1,sender,a,setting,governor,performance,\n"
            "1,sender,a,reading,CPU time,,\n"
            "1,sender,a,event,cycles,absent: no PMU,\n");
  *agent.mutable_after()->add_settings() = before;
  agent.mutable_after()->mutable_settings(0)->set_value("powersave");
  EXPECT_THAT(HostsCsv(run), HasSubstr("1,sender,a,setting,governor,performance,powersave\n"));
}

TEST(CsvTest, WhatIsAbsentIsAnEmptyField) {
  const std::string csv = ResultsCsv(OneCellRun(1));
  EXPECT_EQ(FieldOf(csv, 1, "zero_copy_sends"), "");
  EXPECT_EQ(FieldOf(csv, 1, "reason"), "");
  EXPECT_EQ(FieldOf(csv, 1, "retransmits"), "0");  // measured, and none
}

TEST(CsvTest, QuotesAsRfc4180Says) {
  record::Run run = OneCellRun(1);
  run.attempts[0].set_reason("asked \"cubic\", got\nreno");
  EXPECT_THAT(ResultsCsv(run), HasSubstr(",\"asked \"\"cubic\"\", got\nreno\","));
}

TEST(CsvTest, SummaryHasARowACellWithMedianAndInterval) {
  record::Run run = OneCellRun(7);
  run.attempts[3].add_flags(v1::FLAG_UNSTEADY);
  const std::string csv = SummaryCsv(analysis::Summarize(run));
  EXPECT_EQ(LinesOf(csv).size(), 2u);
  EXPECT_EQ(FieldOf(csv, 1, "send_mode"), "two-copy");
  EXPECT_EQ(FieldOf(csv, 1, "label"), "cell");
  EXPECT_EQ(FieldOf(csv, 1, "n"), "7");
  EXPECT_EQ(FieldOf(csv, 1, "outcomes"), "ok:7");
  EXPECT_EQ(FieldOf(csv, 1, "goodput_gbps_median"), "8.24");
  EXPECT_EQ(FieldOf(csv, 1, "goodput_gbps_low"), "8");
  EXPECT_EQ(FieldOf(csv, 1, "goodput_gbps_high"), "8.48");
  EXPECT_EQ(FieldOf(csv, 1, "copies_per_byte_median"), "3");
  EXPECT_EQ(FieldOf(csv, 1, "zero_copy_sends_median"), "");
  EXPECT_EQ(FieldOf(csv, 1, "flags"), "unsteady:1");
}

TEST(CsvTest, SummaryOfACellThatWasNotMeasuredHasItsReason) {
  const std::string csv = SummaryCsv(analysis::Summarize(OneCellRun(0)));
  EXPECT_EQ(FieldOf(csv, 1, "n"), "0");
  EXPECT_EQ(FieldOf(csv, 1, "goodput_gbps_median"), "");
  EXPECT_EQ(FieldOf(csv, 1, "reason"), "no trial was run");
}

TEST(CsvTest, AnEmptySummaryHasAHeader) {
  EXPECT_EQ(LinesOf(SummaryCsv({})).size(), 1u);
  EXPECT_EQ(SummaryCsv({}), LinesOf(SummaryCsv(analysis::Summarize(OneCellRun(1))))[0] + "\n");
}

}  // namespace
}  // namespace copycost::report
