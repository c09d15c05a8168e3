// Which functions of a process allocate and free memory, wherever they are:
// libc, jemalloc, tcmalloc, mimalloc, preloaded or linked into the program.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "probes/probe_site.h"
#include "probes/process_maps.h"

namespace tidemark {

// What a probe must read: the arguments by position, and the result.
enum class AllocatorFunction : uint8_t {
  malloc,          // (size); also valloc, pvalloc, mallocx
  calloc,          // (count, size)
  realloc,         // (block, size); also rallocx
  reallocarray,    // (block, count, size)
  memalign,        // (alignment, size); aligned_alloc is the same
  posix_memalign,  // (&block, alignment, size), 0 on success
  free,            // (block); also the sized ones, dallocx, sdallocx
  operator_new,    // (size), may throw: a return probe breaks the unwinding
  operator_new_nothrow,  // (size), never throws
  operator_delete,       // (block)
  mmap,                  // (address, length, ...)
  munmap,                // (address, length)
  mremap,                // (address, old length, new length, ...)
};
inline constexpr size_t kAllocatorFunctions = 13;

// Places one probe; aliases at one address are one.
struct AllocatorProbe {
  AllocatorFunction function = AllocatorFunction::malloc;
  std::string names;          // "aligned_alloc memalign"
  uint64_t entry_offset = 0;  // in the file, bytes
  uint64_t probe_offset = 0;  // in the file: where the probe belongs
  ProbeClass probe_class = ProbeClass::slow;
  // Where the arguments are at probe_offset (DWARF numbers); elsewhere than
  // the caller put them only when FindOptions allows it.
  std::array<uint8_t, 6> argument_registers = kArgumentRegisters;
  std::string_view slow_reason;
  // Of operator_new, which may throw: where its calls end, in the file. Empty:
  // not all of that is known, so its blocks cannot be seen.
  std::vector<uint64_t> returns;
};

struct AllocatorObject {
  FileIdentity file;
  std::string path;         // opens the very object while the process lives
  std::string mapped_path;  // as the process named it, raw bytes
  std::string build_id;     // raw, may be empty
  std::string
      allocator;  // "glibc", "jemalloc", "tcmalloc", "mimalloc", "other"
  std::vector<AllocatorProbe> probes;  // by address
};

struct AllocatorSet {
  std::vector<AllocatorObject> objects;
  // What could not be looked into, each with its reason.
  std::vector<std::string> degraded;
  // Empty when some allocation and some release are among the probes; else
  // why the heap is not visible.
  std::string not_visible;
};

struct FindOptions {
  bool mappings = false;               // mmap, munmap, mremap too
  bool allow_moved_arguments = false;  // of ProbeFunction
  bool choose_sites = true;            // false: the entry, for comparison
};

// Remembers what it found in a file, so that looking again, as after a dlopen,
// costs little. One thread at a time.
class AllocatorFinder {
 public:
  explicit AllocatorFinder(std::string proc = "/proc",
                           FindOptions options = {});
  // Error: the maps cannot be read (permission, gone).
  Result<AllocatorSet> find(Pid pid);
  Result<AllocatorSet> find(const ProcessMaps& maps);

 private:
  struct Known {
    uint64_t size = 0;  // of the file, with build_id the proof of sameness
    std::string build_id;
    std::string allocator;
    std::string not_visible;  // a runtime that has an allocator of its own
    std::vector<AllocatorProbe> probes;
    std::vector<std::string> problems;
  };
  Result<const Known*> look_into(Pid pid, const Mapping& mapping,
                                 MappedFile file);

  std::string proc_;
  FindOptions options_;
  std::map<FileIdentity, Known> known_;
};

}  // namespace tidemark
