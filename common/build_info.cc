#include "common/build_info.h"

#include <elf.h>
#include <link.h>

#include <cstring>

#include "absl/strings/escaping.h"

namespace copycost {
namespace {

size_t Padded(size_t size) { return (size + 3) & ~size_t{3}; }

std::string FindBuildId(const char* notes, size_t size) {
  size_t at = 0;
  while (at + sizeof(ElfW(Nhdr)) <= size) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes + at, sizeof(note));
    const char* name = notes + at + sizeof(note);
    const char* value = name + Padded(note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0) {
      return absl::BytesToHexString(absl::string_view(value, note.n_descsz));
    }
    at += sizeof(note) + Padded(note.n_namesz) + Padded(note.n_descsz);
  }
  return "";
}

// The executable itself is the first object that the loader tells of.
int VisitExecutable(dl_phdr_info* info, size_t, void* result) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    const char* notes = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
    std::string id = FindBuildId(notes, header.p_memsz);
    if (!id.empty()) *static_cast<std::string*>(result) = std::move(id);
  }
  return 1;
}

}  // namespace

absl::string_view Version() { return COPYCOST_VERSION; }

std::string BuildId() {
  std::string id;
  ::dl_iterate_phdr(VisitExecutable, &id);
  return id;
}

}  // namespace copycost
