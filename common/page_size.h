// The page size of this kernel: 4 KiB on x86, up to 64 KiB on arm64 and ppc64.
#ifndef COPYCOST_COMMON_PAGE_SIZE_H_
#define COPYCOST_COMMON_PAGE_SIZE_H_

#include <cstdint>

namespace copycost {

uint64_t PageBytes();

}  // namespace copycost

#endif  // COPYCOST_COMMON_PAGE_SIZE_H_
