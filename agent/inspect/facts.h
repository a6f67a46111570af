// What a host tells of itself, gathered. Shared by those who gather.
#ifndef COPYCOST_AGENT_INSPECT_FACTS_H_
#define COPYCOST_AGENT_INSPECT_FACTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "copycost/v1/host.pb.h"

namespace copycost {

using Facts = ::google::protobuf::RepeatedPtrField<v1::Fact>;

// White space becomes single blanks, what is not UTF-8 is replaced, and what is longer
// than 8000 bytes is cut. An empty value is no fact.
void AddFact(Facts& facts, absl::string_view name, absl::string_view value);

// Of several that may say the same: "performance", or "performance (6), powersave (2)".
std::string Together(const std::vector<std::string>& values);

}  // namespace copycost

#endif  // COPYCOST_AGENT_INSPECT_FACTS_H_
