// The one logger: a line to stderr with the program's name before it. For what a person running
// the program should know; errors that are returned are not logged as well.
#ifndef COPYCOST_COMMON_LOG_H_
#define COPYCOST_COMMON_LOG_H_

#include "absl/strings/string_view.h"

namespace copycost {

// Call once, first in main(). `name` must outlive the program.
void SetLogName(absl::string_view name);

// Any thread. One write(2) for the whole line.
void Log(absl::string_view message);

}  // namespace copycost

#endif  // COPYCOST_COMMON_LOG_H_
