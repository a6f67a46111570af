#include "agent/measure/program_symbols.h"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/utf8.h"

namespace copycost {
namespace {

// Symbol tables are enough; files of debugging information are neither looked for nor fetched.
int FindNoDebugInfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                    GElf_Word, char**) {
  return -1;
}

constexpr Dwfl_Callbacks kCallbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                       .find_debuginfo = FindNoDebugInfo,
                                       .section_address = nullptr,
                                       .debuginfo_path = nullptr};

std::string Demangled(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : symbol;
}

// Without what stands in brackets of this kind, nested ones included. "operator<" and its like lose
// what follows them.
std::string Without(absl::string_view text, char open, char close) {
  std::string rest;
  int depth = 0;
  for (const char letter : text) {
    if (letter == open) ++depth;
    if (depth == 0) rest += letter;
    if (letter == close && depth > 0) --depth;
  }
  return rest;
}

}  // namespace

std::string FunctionName(const char* symbol) {
  std::string name = absl::StrReplaceAll(Demangled(symbol), {{"(anonymous namespace)::", ""}});
  name = Without(Without(name, '<', '>'), '(', ')');
  name = name.substr(0, name.find(" const"));
  const size_t space = name.rfind(' ');
  if (space != name.npos && name.find("operator") == name.npos) name = name.substr(space + 1);
  return ToUtf8(name);
}

void ProgramSymbols::End::operator()(Dwfl* session) const { ::dwfl_end(session); }

absl::StatusOr<ProgramSymbols> ProgramSymbols::Of(const std::string& maps) {
  std::unique_ptr<Dwfl, End> session(::dwfl_begin(&kCallbacks));
  const std::unique_ptr<FILE, decltype(&std::fclose)> file(
      ::fmemopen(const_cast<char*>(maps.data()), maps.size(), "r"), &std::fclose);
  if (session == nullptr || file == nullptr ||
      ::dwfl_linux_proc_maps_report(session.get(), file.get()) != 0 ||
      ::dwfl_report_end(session.get(), nullptr, nullptr) != 0) {
    return absl::InternalError("libdw cannot understand what is mapped into a process");
  }
  return ProgramSymbols(std::move(session));
}

std::string ProgramSymbols::NameOf(uint64_t address) const {
  Dwfl_Module* const module = ::dwfl_addrmodule(session_.get(), address);
  if (module == nullptr) return kNowhere;
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* const name =
      ::dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
  // Where a file has the names of what it exports only, the one before may be another function's.
  if (name != nullptr && offset < symbol.st_size) return FunctionName(name);
  const char* const path =
      ::dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  const absl::string_view file = path == nullptr ? "?" : path;
  return absl::StrCat("[", ToUtf8(file.substr(file.rfind('/') + 1)), "]");
}

}  // namespace copycost
