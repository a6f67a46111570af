// What the program's output goes to.
#ifndef COPYCOST_COORDINATOR_CLI_TERMINAL_H_
#define COPYCOST_COORDINATOR_CLI_TERMINAL_H_

#include <cstddef>

namespace copycost {

bool IsTerminal(int fd);

// Columns of the terminal; 100 where `fd` is none, or does not tell.
size_t WidthOf(int fd);

}  // namespace copycost

#endif  // COPYCOST_COORDINATOR_CLI_TERMINAL_H_
