#include "common/page_size.h"

#include <unistd.h>

namespace copycost {

uint64_t PageBytes() {
  static const auto bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));  // cannot fail
  return bytes;
}

}  // namespace copycost
