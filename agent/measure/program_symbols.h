// Names of functions in a process's program and libraries, by their symbol tables. The only user of
// libdw.
#ifndef COPYCOST_AGENT_MEASURE_PROGRAM_SYMBOLS_H_
#define COPYCOST_AGENT_MEASURE_PROGRAM_SYMBOLS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct Dwfl;

namespace copycost {

class ProgramSymbols {
 public:
  // `maps` is the text of the process's /proc/PID/maps. Files are read when something in them is
  // looked for. Internal where libdw cannot make anything of it.
  static absl::StatusOr<ProgramSymbols> Of(const std::string& maps);

  // The name of what is not within any file.
  static constexpr char kNowhere[] = "[?]";

  // "copycost::TwoCopySender::Send", without arguments and unnamed namespaces; "[libc.so.6]" where
  // the file has no symbol for the address.
  std::string NameOf(uint64_t address) const;

 private:
  struct End {
    void operator()(Dwfl* session) const;
  };

  explicit ProgramSymbols(std::unique_ptr<Dwfl, End> session) : session_(std::move(session)) {}

  std::unique_ptr<Dwfl, End> session_;
};

// A symbol as people read it: demangled, without arguments, template arguments, return type and
// unnamed namespaces.
std::string FunctionName(const char* symbol);

}  // namespace copycost

#endif  // COPYCOST_AGENT_MEASURE_PROGRAM_SYMBOLS_H_
