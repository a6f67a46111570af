#include "coordinator/experiment/event_groups.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/events.h"

namespace copycost {
namespace {

// What the events of a ratio have in common: "branch" of "branches" and "branch-misses".
std::string RatioOf(const std::string& event) {
  const size_t colon = event.find(':');
  absl::string_view name = absl::string_view(event).substr(0, colon);
  const absl::string_view modifiers =
      colon == std::string::npos ? "" : absl::string_view(event).substr(colon);
  if (name == "instructions") name = "cycles";
  if (name == "branches" || name == "branch-instructions") name = "branch";
  absl::ConsumeSuffix(&name, "-misses");
  absl::ConsumeSuffix(&name, "-references");
  if (absl::EndsWith(name, "-loads") || absl::EndsWith(name, "-stores")) name.remove_suffix(1);
  return absl::StrCat(name, modifiers);
}

}  // namespace

std::vector<v1::EventGroup> GroupEvents(const v1::Experiment& experiment) {
  std::vector<v1::EventGroup> groups;
  std::map<std::string, size_t> by_ratio;
  for (const std::string& event : experiment.events()) {
    if (event == kNoEvents) continue;
    const auto [group, is_new] = by_ratio.emplace(RatioOf(event), groups.size());
    if (is_new) groups.emplace_back();
    groups[group->second].add_events(event);
  }
  return groups;
}

}  // namespace copycost
