#include "common/trial_validation.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/axis_values.h"
#include "common/buffer_axes.h"
#include "common/events.h"
#include "common/flow_axes.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/words.h"
#include "copycost/v1/words.pb.h"

namespace copycost {
namespace {

using google::protobuf::FieldDescriptor;

constexpr size_t kNonceBytes = 16;
constexpr size_t kLongestName = 64;
constexpr absl::Duration kLongestWarmup = absl::Minutes(1);
constexpr absl::Duration kShortestWindow = absl::Milliseconds(100);
constexpr absl::Duration kLongestWindow = absl::Minutes(10);

absl::Status Refuse(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", why));
}

// Numbers within what the axis option says, enum values with a label.
absl::Status CheckAxis(const v1::Workload& workload, const FieldDescriptor& field) {
  const v1::Axis& axis = field.options().GetExtension(v1::axis);
  const google::protobuf::Reflection& reflection = *workload.GetReflection();
  const std::string name = absl::StrCat("workload.", field.name());
  if (!TransportHas(axis, workload.transport())) {
    if (!reflection.HasField(workload, &field)) return absl::OkStatus();
    return Refuse(name, absl::StrCat(Label(workload.transport()), " has no part in it"));
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const int value = reflection.GetEnumValue(workload, &field);
    if (LabelOf(*field.enum_type(), value) == "?") {
      return Refuse(name, absl::StrCat("unknown value ", value));
    }
    return absl::OkStatus();
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    const std::string value = reflection.GetString(workload, &field);
    if (value.empty() || value.size() > 15) return Refuse(name, "must have 1 to 15 characters");
    return absl::OkStatus();
  }
  const uint64_t value = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64
                             ? reflection.GetUInt64(workload, &field)
                             : reflection.GetUInt32(workload, &field);
  const uint64_t least = std::max<uint64_t>(axis.minimum(), 1);
  const bool stands_for_a_word = value == 0 && !axis.zero_word().empty();
  if (!stands_for_a_word && (value < least || value > axis.maximum())) {
    return Refuse(name, absl::StrCat(value, " is not within ", least, " to ", axis.maximum()));
  }
  return absl::OkStatus();
}

// Responses and a rate where the pattern has them, and nowhere else.
absl::Status CheckPattern(const v1::Workload& workload) {
  const std::string pattern = Label(workload.pattern());
  if (Exchanges(workload.pattern()) != (workload.response_bytes() > 0)) {
    return Refuse("workload.response_bytes",
                  absl::StrCat(pattern, workload.response_bytes() > 0 ? " has no responses"
                                                                      : " needs a size"));
  }
  if (workload.response_bytes() % workload.fields() != 0) {
    return Refuse("workload.response_bytes",
                  absl::StrCat(workload.response_bytes(), " cannot be split into ",
                               workload.fields(), " equal fields"));
  }
  if (HasRate(workload.pattern()) != (workload.rate() > 0)) {
    return Refuse("workload.rate",
                  absl::StrCat(pattern, workload.rate() > 0 ? " has no rate" : " needs a rate"));
  }
  return absl::OkStatus();
}

absl::Status CheckTimes(const v1::Workload& workload) {
  const absl::Duration warmup = absl::Nanoseconds(workload.warmup_ns());
  const absl::Duration window = absl::Nanoseconds(workload.window_ns());
  if (workload.messages_per_flow() > 0) {
    if (workload.warmup_ns() == 0 && workload.window_ns() == 0) return absl::OkStatus();
    return Refuse("workload.messages_per_flow", "excludes warmup_ns and window_ns");
  }
  if (warmup < absl::ZeroDuration() || warmup > kLongestWarmup) {
    return Refuse("workload.warmup_ns", "must be within 0 and 1 minute");
  }
  if (window < kShortestWindow || window > kLongestWindow) {
    return Refuse("workload.window_ns", "must be within 100 ms and 10 minutes");
  }
  return absl::OkStatus();
}

absl::Status CheckEnd(const v1::FlowEnd& end, v1::Transport transport, std::set<uint32_t>& flows) {
  const std::string name = absl::StrCat("ends[flow ", end.flow(), "]");
  if (!flows.insert(end.flow()).second) return Refuse(name, "named twice");
  if (LabelOf(*v1::Role_descriptor(), end.role()) == "?") return Refuse(name, "has no role");
  if (end.nonce().size() != kNonceBytes || end.peer_nonce().size() != kNonceBytes) {
    return Refuse(name, "nonce and peer_nonce must have 16 bytes");
  }
  if (end.nonce() == end.peer_nonce()) return Refuse(name, "nonce and peer_nonce must differ");
  if (IsLocal(transport) && !end.peer_on_same_host()) {
    return Refuse(name,
                  absl::StrCat(Label(transport), " joins ends of one host only, and the peer ",
                               "is on another; use --transport tcp"));
  }
  return absl::OkStatus();
}

absl::Status CheckThreads(const v1::Prepare& prepare) {
  struct Thread {
    const v1::FlowEnd* first = nullptr;
    uint32_t ends = 0;
  };
  std::map<uint32_t, Thread> threads;
  for (const v1::FlowEnd& end : prepare.ends()) {
    Thread& thread = threads[end.thread()];
    if (thread.first == nullptr) thread.first = &end;
    ++thread.ends;
    if (end.role() == thread.first->role() && end.cpu() == thread.first->cpu()) continue;
    return Refuse(absl::StrCat("ends[flow ", end.flow(), "]"),
                  absl::StrCat("has another role or CPU than flow ", thread.first->flow(),
                               " of the same thread"));
  }
  const uint32_t asked = prepare.workload().flows_per_thread();
  for (const auto& [number, thread] : threads) {
    if (thread.ends == asked) continue;
    return Refuse("workload.flows_per_thread",
                  absl::StrCat(asked, " where thread ", number, " has ", thread.ends));
  }
  return absl::OkStatus();
}

// What libpfm4 and the kernel make of a name is theirs to say.
absl::Status CheckInstruments(const v1::Instruments& instruments) {
  if (instruments.sampling_hz() > kMostLedgerHz) {
    return Refuse("instruments", absl::StrCat(instruments.sampling_hz(),
                                              " samples a second; at most ", kMostLedgerHz));
  }
  for (const auto* groups : {&instruments.thread_groups(), &instruments.cpu_groups()}) {
    size_t events = 0;
    for (const v1::EventGroup& group : *groups) {
      for (const std::string& event : group.events()) {
        ++events;
        RETURN_IF_ERROR(Annotate(CheckEventName(event), "instruments"));
      }
    }
    if (events > kMostEvents) {
      return Refuse("instruments", absl::StrCat(events, " events; at most ", kMostEvents));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDatagrams(const v1::Workload& workload) {
  if (!IsDatagrams(workload.transport())) return absl::OkStatus();
  const uint64_t largest = std::max(workload.message_bytes(), workload.response_bytes());
  if (largest <= kMostDatagramBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(Label(workload.transport()), " takes at most ",
                                                 kMostDatagramBytes, " bytes in one call, and ",
                                                 largest, " are a message"));
}

absl::Status ValidateWorkload(const v1::Workload& workload) {
  const google::protobuf::Descriptor& type = *workload.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (!type.field(i)->options().HasExtension(v1::axis)) continue;
    RETURN_IF_ERROR(CheckAxis(workload, *type.field(i)));
  }
  if (workload.message_bytes() % workload.fields() != 0) {
    return Refuse("workload.message_bytes",
                  absl::StrCat(workload.message_bytes(), " cannot be split into ",
                               workload.fields(), " equal fields"));
  }
  RETURN_IF_ERROR(CheckPattern(workload));
  RETURN_IF_ERROR(Annotate(CheckSharedThreads(workload), "workload.flows_per_thread"));
  RETURN_IF_ERROR(Annotate(CheckFlowCount(workload), "workload.flows_per_thread"));
  RETURN_IF_ERROR(Annotate(CheckDatagrams(workload), "workload"));
  RETURN_IF_ERROR(Annotate(CheckBufferAxes(workload), "workload"));
  if (workload.pacing_bits_per_s() % 8 != 0) {
    return Refuse("workload.pacing_bits_per_s", "must be a whole number of bytes, a multiple of 8");
  }
  if (workload.read() == v1::READ_VERIFY && workload.touch() != v1::TOUCH_VERIFY) {
    return Refuse("workload.read", "verify needs touch verify");
  }
  if (workload.extra_copies() > 0 && !Stages(workload.send_mode())) {
    return Refuse("workload.extra_copies",
                  absl::StrCat(Label(workload.send_mode()), " makes no copies of its own"));
  }
  if (workload.read() != v1::READ_NONE && DeliversNothing(workload.receive_mode())) {
    return Refuse("workload.read",
                  absl::StrCat(Label(workload.receive_mode()), " delivers nothing to read"));
  }
  return CheckTimes(workload);
}

absl::Status ValidatePrepare(const v1::Prepare& prepare) {
  if (prepare.trial_id().empty() || prepare.trial_id().size() > kLongestName) {
    return Refuse("trial_id", "must have 1 to 64 characters");
  }
  if (prepare.attempt() == 0) return Refuse("attempt", "counts from 1");
  if (LabelOf(*v1::Purpose_descriptor(), prepare.purpose()) == "?") {
    return Refuse("purpose", "unknown value");
  }
  if (prepare.ends().empty() || static_cast<uint64_t>(prepare.ends_size()) > kMostFlows) {
    return Refuse("ends", absl::StrCat("must have 1 to ", kMostFlows, " entries"));
  }
  std::set<uint32_t> flows;
  for (const v1::FlowEnd& end : prepare.ends()) {
    RETURN_IF_ERROR(CheckEnd(end, prepare.workload().transport(), flows));
  }
  if (IsLocal(prepare.workload().transport()) && !prepare.data_address().empty()) {
    return Refuse("data_address", absl::StrCat(Label(prepare.workload().transport()), " has none"));
  }
  RETURN_IF_ERROR(CheckInstruments(prepare.instruments()));
  RETURN_IF_ERROR(ValidateWorkload(prepare.workload()));
  return CheckThreads(prepare);
}

}  // namespace copycost
