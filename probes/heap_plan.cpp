#include "probes/heap_plan.h"

#include <optional>
#include <utility>

#include "probes/elf_file.h"
#include "probes/elf_functions.h"

namespace tidemark {
namespace {

std::optional<HeapCall> call_of(AllocatorFunction function) {
  switch (function) {
    case AllocatorFunction::malloc:
    case AllocatorFunction::operator_new:
    case AllocatorFunction::operator_new_nothrow: return HeapCall::size_first;
    case AllocatorFunction::calloc: return HeapCall::product;
    case AllocatorFunction::realloc: return HeapCall::realloc;
    case AllocatorFunction::reallocarray: return HeapCall::realloc_product;
    case AllocatorFunction::memalign: return HeapCall::size_second;
    case AllocatorFunction::posix_memalign: return HeapCall::by_pointer;
    case AllocatorFunction::free:
    case AllocatorFunction::operator_delete: return HeapCall::free;
    case AllocatorFunction::mmap:
    case AllocatorFunction::munmap:
    case AllocatorFunction::mremap: return std::nullopt;
  }
  return std::nullopt;
}

// glibc's malloc and calloc call nothing that is probed. Others may, and the
// rest of glibc's do.
bool may_nest(AllocatorFunction function, bool glibc) {
  switch (function) {
    case AllocatorFunction::free:
    case AllocatorFunction::operator_delete: return false;
    case AllocatorFunction::malloc:
    case AllocatorFunction::calloc: return !glibc;
    default: return true;
  }
}

}  // namespace

HeapObject plan_object(const AllocatorObject& object) {
  HeapObject plan;
  plan.path = object.path;
  for (const AllocatorProbe& found : object.probes) {
    const auto call = call_of(found.function);
    const bool throws = found.function == AllocatorFunction::operator_new;
    if (!call || (throws && found.returns.empty())) continue;
    HeapProbe& probe = plan.probes.emplace_back();
    probe.call = *call;
    probe.function = heap_function_number(found.function);
    probe.offset = found.probe_offset;
    probe.slow = found.probe_class == ProbeClass::slow;
    probe.nests = may_nest(found.function, object.allocator == "glibc");
    probe.returns = found.returns;
  }
  return plan;
}

std::vector<AddressRange> executable_ranges(const ProcessMaps& maps) {
  std::vector<AddressRange> ranges;
  for (const Mapping& mapping : maps.mappings) {
    if (!mapping.executable) continue;
    if (!ranges.empty() && ranges.back().end == mapping.begin) {
      ranges.back().end = mapping.end;
    } else {
      ranges.push_back({mapping.begin, mapping.end});
    }
  }
  return ranges;
}

Result<HeapObject> find_linker(const std::string& proc,
                               const ProcessMaps& maps) {
  for (const Mapping& mapping : maps.mappings) {
    const size_t slash = mapping.path.rfind('/') + 1;
    const std::string_view name = std::string_view(mapping.path).substr(slash);
    if (!mapping.executable || !mapping.backed() || !name.starts_with("ld")) {
      continue;
    }
    TIDEMARK_TRY(MappedFile opened, open_mapped_file(proc, maps.pid, mapping));
    TIDEMARK_TRY(const ElfFile file, ElfFile::open(std::move(opened.fd)));
    std::vector<std::string> problems;
    const auto found = find_functions(
        file, opened.path,
        [](std::string_view each) { return each == "_dl_debug_state"; }, {},
        problems);
    if (found.empty()) continue;
    return HeapObject{opened.path, {}, found.front().file_offset};
  }
  return fail(ErrorKind::not_found, "no dynamic linker is mapped");
}

}  // namespace tidemark
