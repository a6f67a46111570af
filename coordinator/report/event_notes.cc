#include "coordinator/report/event_notes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace copycost::report {
namespace {

using Of = record::EventColumn::Of;

// Events that have no figure of threads, or of CPUs, and the reason they share.
struct Uncounted {
  bool of_hosts;
  std::string reason;
  std::vector<std::string> events;
};

void Add(const analysis::EventSummary& summary, std::vector<Uncounted>& all) {
  const bool of_hosts = summary.column.of == Of::kHosts;
  const std::string reason(summary.median.status().message());
  auto found = std::find_if(all.begin(), all.end(), [&](const Uncounted& uncounted) {
    return uncounted.of_hosts == of_hosts && uncounted.reason == reason;
  });
  if (found == all.end()) found = all.insert(all.end(), {of_hosts, reason, {}});
  const std::string& event = summary.column.event;
  if (found->events.empty() || found->events.back() != event) found->events.push_back(event);
}

// Where a thread's event has a figure of user mode it is not missing.
bool IsCounted(const analysis::CellSummary& cell, const record::EventColumn& column) {
  return std::any_of(cell.events.begin(), cell.events.end(), [&](const auto& other) {
    return other.column.event == column.event && other.column.of == column.of && other.median.ok();
  });
}

}  // namespace

std::vector<std::string> EventNotes(absl::Span<const analysis::CellSummary> cells) {
  const auto cell = std::find_if(cells.begin(), cells.end(),
                                 [](const analysis::CellSummary& cell) { return cell.n > 0; });
  if (cell == cells.end()) return {};
  std::vector<Uncounted> all;
  for (const analysis::EventSummary& summary : cell->events) {
    if (summary.column.user_only || IsCounted(*cell, summary.column)) continue;
    Add(summary, all);
  }
  std::vector<std::string> notes;
  for (auto uncounted = all.begin(); uncounted != all.end(); ++uncounted) {
    const auto alike = [&](const Uncounted& other) {
      return other.of_hosts != uncounted->of_hosts && other.reason == uncounted->reason &&
             other.events == uncounted->events;
    };
    if (std::any_of(all.begin(), uncounted, alike)) continue;  // told with that one
    const bool both = std::any_of(uncounted, all.end(), alike);
    notes.push_back(absl::StrCat("not counted of ",
                                 both                  ? "threads and CPUs"
                                 : uncounted->of_hosts ? "CPUs"
                                                       : "threads",
                                 ": ", absl::StrJoin(uncounted->events, ", "), " (",
                                 uncounted->reason, ")"));
  }
  return notes;
}

}  // namespace copycost::report
