#include "probes/own_functions.h"

#include <link.h>

#include <span>

#if defined(__x86_64__)
asm(R"(
.pushsection .text
.globl tidemark_emulated_function
.type tidemark_emulated_function, @function
tidemark_emulated_function:
  push %rbp
  pop %rbp
  ret
.size tidemark_emulated_function, . - tidemark_emulated_function
.globl tidemark_stepped_function
.type tidemark_stepped_function, @function
tidemark_stepped_function:
  test %rdi, %rdi
  ret
.size tidemark_stepped_function, . - tidemark_stepped_function
.popsection
)");
#else
extern "C" {
void tidemark_emulated_function(uint64_t) {}
void tidemark_stepped_function(uint64_t) {}
}
#endif

namespace tidemark {
namespace {

struct Search {
  uint64_t address = 0;
  OwnFunction found;
};

int look_into(dl_phdr_info* object, size_t, void* data) {
  auto* search = static_cast<Search*>(data);
  for (const auto& part :
       std::span(object->dlpi_phdr, size_t{object->dlpi_phnum})) {
    const uint64_t begin = object->dlpi_addr + part.p_vaddr;
    if (part.p_type != PT_LOAD || search->address < begin ||
        search->address - begin >= part.p_filesz) {
      continue;
    }
    const std::string name = object->dlpi_name;
    search->found.path = name.empty() ? "/proc/self/exe" : name;
    search->found.offset = search->address - begin + part.p_offset;
    return 1;
  }
  return 0;
}

}  // namespace

Result<OwnFunction> locate_own(void (*function)(uint64_t)) {
  Search search{reinterpret_cast<uint64_t>(function), {}};
  if (::dl_iterate_phdr(look_into, &search) == 0) {
    return fail(ErrorKind::not_found, "own function: in no loaded object");
  }
  return search.found;
}

}  // namespace tidemark
