#include "coordinator/record/copies.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/mode_traits.h"
#include "common/status.h"
#include "common/words.h"
#include "coordinator/record/ends.h"

namespace copycost::record {
namespace {

using Count = uint64_t (v1::Evidence::*)() const;

// Bounds closer than this are one value: copies per byte are told to two decimals.
constexpr double kOneValue = 0.005;

absl::StatusOr<double> Evidenced(const v1::TrialRecord& trial, Side side,
                                 std::initializer_list<Count> counts) {
  ASSIGN_OR_RETURN(const auto parts, PartsOf(trial, side));
  double sum = 0;
  for (const Part& part : parts) {
    if (part.evidence == nullptr) {
      return Absent(absl::StrCat(NameOf(*part.end), " gave no evidence"));
    }
    for (Count count : counts) sum += static_cast<double>((part.evidence->*count)());
  }
  return sum;
}

absl::StatusOr<double> TotalBytes(const v1::TrialRecord& trial, Side side) {
  ASSIGN_OR_RETURN(const auto parts, PartsOf(trial, side));
  double bytes = 0;
  for (const Part& part : parts) bytes += static_cast<double>(part.total_bytes);
  if (bytes == 0) {
    return Absent(side == Side::kSending ? "no byte was accepted" : "no byte was delivered");
  }
  return bytes;
}

absl::StatusOr<double> PerByte(const v1::TrialRecord& trial, Side side,
                               std::initializer_list<Count> counts) {
  ASSIGN_OR_RETURN(const double copied, Evidenced(trial, side, counts));
  ASSIGN_OR_RETURN(const double bytes, TotalBytes(trial, side));
  return copied / bytes;
}

// A zero-copy send whose delivery nobody speaks about may have been copied or not.
absl::Status CheckDeliveryTold(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const auto parts, PartsOf(trial, Side::kSending));
  for (const Part& part : parts) {
    if (part.evidence != nullptr && part.evidence->zero_copy_sends() > 0 &&
        part.evidence->delivery_basis() == v1::BASIS_UNSPECIFIED) {
      return Absent(
          absl::StrCat(NameOf(*part.end), " does not say what became of its zero-copy sends"));
    }
  }
  return absl::OkStatus();
}

// Bytes delivered must be the bytes accepted, unless the transport loses some: one that is lost
// unknown to us has copies on one side only.
absl::Status CheckNothingLost(const v1::TrialRecord& trial) {
  if (IsDatagrams(trial.workload().transport())) return absl::OkStatus();
  ASSIGN_OR_RETURN(const double accepted, TotalBytes(trial, Side::kSending));
  ASSIGN_OR_RETURN(const double delivered, TotalBytes(trial, Side::kReceiving));
  if (accepted == delivered) return absl::OkStatus();
  return Absent(
      absl::StrFormat("%.0f bytes were accepted but %.0f delivered", accepted, delivered));
}

absl::Status CheckDelivers(const v1::TrialRecord& trial) {
  const v1::ReceiveMode mode = trial.workload().receive_mode();
  if (!DeliversNothing(mode)) return absl::OkStatus();
  return Absent(absl::StrCat(Label(mode), " delivers nothing"));
}

// Some bytes may be counted as copied that were not.
absl::Status CheckCertain(const v1::TrialRecord& trial, Side side) {
  ASSIGN_OR_RETURN(const double uncertain,
                   Evidenced(trial, side, {&v1::Evidence::uncertain_copied_bytes}));
  if (uncertain == 0) return absl::OkStatus();
  return Absent(absl::StrCat(Label(trial.workload().transport()),
                             " does not tell what it copied and what it transformed in place"));
}

absl::StatusOr<double> AllCopiesPerByte(const v1::TrialRecord& trial, Count delivery_copied) {
  RETURN_IF_ERROR(CheckDelivers(trial));
  RETURN_IF_ERROR(CheckDeliveryTold(trial));
  RETURN_IF_ERROR(CheckNothingLost(trial));
  ASSIGN_OR_RETURN(
      const double sender,
      PerByte(trial, Side::kSending,
              {&v1::Evidence::staged_bytes, &v1::Evidence::kernel_copied_bytes, delivery_copied}));
  ASSIGN_OR_RETURN(const double receiver,
                   PerByte(trial, Side::kReceiving, {&v1::Evidence::receive_copied_bytes}));
  return sender + receiver;
}

absl::StatusOr<double> DeliveryCopies(const v1::TrialRecord& trial, Count delivery_copied) {
  RETURN_IF_ERROR(CheckDeliveryTold(trial));
  return PerByte(trial, Side::kSending, {delivery_copied});
}

absl::StatusOr<double> ZeroCopyCount(const v1::TrialRecord& trial, Count count) {
  ASSIGN_OR_RETURN(const double sends,
                   Evidenced(trial, Side::kSending, {&v1::Evidence::zero_copy_sends}));
  if (sends == 0) return Absent("no send asked for zero-copy");
  return Evidenced(trial, Side::kSending, {count});
}

}  // namespace

absl::StatusOr<double> CopiesPerByteAtLeast(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const double counted,
                   AllCopiesPerByte(trial, &v1::Evidence::delivery_copied_low_bytes));
  const Count uncertain = &v1::Evidence::uncertain_copied_bytes;
  ASSIGN_OR_RETURN(const double sender, PerByte(trial, Side::kSending, {uncertain}));
  ASSIGN_OR_RETURN(const double receiver, PerByte(trial, Side::kReceiving, {uncertain}));
  return counted - sender - receiver;
}

absl::StatusOr<double> CopiesPerByteAtMost(const v1::TrialRecord& trial) {
  return AllCopiesPerByte(trial, &v1::Evidence::delivery_copied_high_bytes);
}

absl::StatusOr<double> CopiesPerByte(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const double low, CopiesPerByteAtLeast(trial));
  ASSIGN_OR_RETURN(const double high, CopiesPerByteAtMost(trial));
  if (high - low >= kOneValue) {
    return Absent(absl::StrFormat("known only to lie between %.2f and %.2f", low, high));
  }
  return (low + high) / 2;
}

absl::StatusOr<double> SenderCopiesPerByte(const v1::TrialRecord& trial) {
  RETURN_IF_ERROR(CheckCertain(trial, Side::kSending));
  return PerByte(trial, Side::kSending,
                 {&v1::Evidence::staged_bytes, &v1::Evidence::kernel_copied_bytes});
}

absl::StatusOr<double> DeliveryCopiesPerByteAtLeast(const v1::TrialRecord& trial) {
  return DeliveryCopies(trial, &v1::Evidence::delivery_copied_low_bytes);
}

absl::StatusOr<double> DeliveryCopiesPerByteAtMost(const v1::TrialRecord& trial) {
  return DeliveryCopies(trial, &v1::Evidence::delivery_copied_high_bytes);
}

absl::StatusOr<double> ReceiverCopiesPerByte(const v1::TrialRecord& trial) {
  RETURN_IF_ERROR(CheckDelivers(trial));
  RETURN_IF_ERROR(CheckCertain(trial, Side::kReceiving));
  return PerByte(trial, Side::kReceiving, {&v1::Evidence::receive_copied_bytes});
}

absl::StatusOr<double> MappedFraction(const v1::TrialRecord& trial) {
  if (!MapsPages(trial.workload().receive_mode())) return Absent("this mode maps nothing");
  return PerByte(trial, Side::kReceiving, {&v1::Evidence::mapped_bytes});
}

absl::StatusOr<double> TouchedPerByte(const v1::TrialRecord& trial) {
  return PerByte(trial, Side::kSending, {&v1::Evidence::touched_bytes});
}

absl::StatusOr<double> ReadPerByte(const v1::TrialRecord& trial) {
  return PerByte(trial, Side::kReceiving, {&v1::Evidence::read_bytes});
}

absl::StatusOr<double> TransformsPerByte(const v1::TrialRecord& trial) {
  ASSIGN_OR_RETURN(const double sent,
                   PerByte(trial, Side::kSending, {&v1::Evidence::transformed_bytes}));
  ASSIGN_OR_RETURN(const double taken,
                   PerByte(trial, Side::kReceiving, {&v1::Evidence::transformed_bytes}));
  return sent + taken;
}

absl::StatusOr<double> ZeroCopySends(const v1::TrialRecord& trial) {
  return ZeroCopyCount(trial, &v1::Evidence::zero_copy_sends);
}

absl::StatusOr<double> ZeroCopyCompletions(const v1::TrialRecord& trial) {
  return ZeroCopyCount(trial, &v1::Evidence::zero_copy_completions);
}

absl::StatusOr<double> ZeroCopyCopied(const v1::TrialRecord& trial) {
  return ZeroCopyCount(trial, &v1::Evidence::zero_copy_copied);
}

absl::StatusOr<double> BufferWaits(const v1::TrialRecord& trial) {
  return ZeroCopyCount(trial, &v1::Evidence::buffer_waits);
}

absl::StatusOr<std::string> DeliveryBasis(const v1::TrialRecord& trial) {
  RETURN_IF_ERROR(CheckDeliveryTold(trial));
  ASSIGN_OR_RETURN(const auto parts, PartsOf(trial, Side::kSending));
  v1::Basis basis = v1::BASIS_UNSPECIFIED;
  for (const Part& part : parts) {
    if (part.evidence != nullptr) basis = std::max(basis, part.evidence->delivery_basis());
  }
  if (basis == v1::BASIS_UNSPECIFIED) return Absent("nothing is copied on delivery in this mode");
  return Label(basis);
}

}  // namespace copycost::record
