// Names of the kernel's functions, by /proc/kallsyms.
#ifndef COPYCOST_AGENT_MEASURE_KERNEL_SYMBOLS_H_
#define COPYCOST_AGENT_MEASURE_KERNEL_SYMBOLS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace copycost {

class KernelSymbols {
 public:
  // NotFound, PermissionDenied (with the remedy) where the kernel does not show them to this
  // process.
  static absl::StatusOr<KernelSymbols> Read();

  // `kallsyms` is the file's text. PermissionDenied where all addresses are 0, Internal for what is
  // no such text.
  static absl::StatusOr<KernelSymbols> Parse(absl::string_view kallsyms);

  // The function that begins last at or before the address. "[kernel]" before the first. Valid as
  // long as this.
  absl::string_view NameOf(uint64_t address) const;

 private:
  struct Symbol {
    uint64_t address;
    uint32_t name_at;  // of text_
    uint32_t name_size;
  };

  std::string text_;
  std::vector<Symbol> symbols_;  // by address
};

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_KERNEL_SYMBOLS_H_
