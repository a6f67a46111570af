// Small files of /proc and /sys, and what stands in them.
#ifndef COPYCOST_AGENT_TEXT_FILE_H_
#define COPYCOST_AGENT_TEXT_FILE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace copycost {

// Of a file, its first 4 MiB; empty where it cannot be read.
std::string TextOf(const std::string& path);

// Of the first line "key : value", without white space around it; empty without one.
std::string ValueOf(absl::string_view text, absl::string_view key);

// The names in a directory, sorted, without "." and ".."; empty where it cannot be read.
std::vector<std::string> NamesIn(const std::string& directory);

}  // namespace copycost

#endif  // COPYCOST_AGENT_TEXT_FILE_H_
