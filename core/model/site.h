// A site: a call stack that took something (memory, a descriptor, a thread) in
// one process during one phase. Its stack is told once, as addresses; names
// come later, when they have been looked up, or never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace tidemark {

// What is counted at a site; stored in recordings, never renumbered.
enum class SiteKind : uint8_t {
  none = 0,
  heap = 1,     // blocks of an allocator
  mapping = 2,  // growth of the address space: brk, mmap, mremap
  fault = 3,    // first touch of anonymous pages
  fd = 4,
  socket = 5,
  thread = 6,
  on_cpu = 7,  // where the processor was when a clock ticked
  mapped = 8,  // mappings that stand: mmap and mremap, less munmap
};
// "heap", "mapping", "fault", "fd", "socket", "thread", "on_cpu", "mapped";
// else "none".
const char* site_kind_name(SiteKind kind);

// How the addresses of a stack were found, the worst step of it.
enum class StackQuality : uint8_t {
  cfi = 0,            // unwind tables
  frame_pointer = 1,  // a function without a frame may hide its caller
  guess = 2,          // words on the stack that look like return addresses
};
const char* stack_quality_name(StackQuality quality);

// A file that is mapped executable.
struct Module {
  ModuleId id;
  std::string path;      // as in /proc/PID/maps, raw bytes
  std::string build_id;  // raw bytes of NT_GNU_BUILD_ID; may be empty

  bool operator==(const Module&) const = default;
};

// One step of a stack. A caller's address lies inside its call instruction
// (return address minus 1), so looking it up needs no correction.
struct StackAddress {
  ModuleId module;      // invalid: in no file (generated code, the kernel)
  uint64_t offset = 0;  // in the module's file; without one, the address

  auto operator<=>(const StackAddress&) const = default;
};

struct Stack {
  StackId id;
  std::vector<StackAddress> addresses;  // innermost first
  StackQuality quality = StackQuality::cfi;
  bool truncated = false;  // its outer end is missing

  bool operator==(const Stack&) const = default;
};

// A source function at an address. With inlining one address has several.
struct SymbolFrame {
  std::string function;  // demangled; empty: unknown
  std::string file;      // as the compiler was told; empty: unknown
  uint32_t line = 0;     // 0: unknown
  bool inlined = false;  // into the frame behind it

  bool operator==(const SymbolFrame&) const = default;
};

// What was found out about an address: its frames, innermost first. An empty
// list says that nothing is known and nobody will look again.
struct AddressSymbols {
  StackAddress address;
  std::vector<SymbolFrame> frames;

  bool operator==(const AddressSymbols&) const = default;
};

// A frame of a resolved stack: what reports and screens show.
struct StackFrame {
  std::string function;  // empty: print module+0xoffset [build_id]
  std::string file;
  uint32_t line = 0;
  bool inlined = false;
  std::string module;    // its path; empty: in no file
  uint64_t offset = 0;   // in the module's file, or the address
  std::string build_id;  // raw bytes

  bool operator==(const StackFrame&) const = default;
};

}  // namespace tidemark

template <>
struct std::hash<tidemark::StackAddress> {
  size_t operator()(const tidemark::StackAddress& address) const noexcept {
    const uint64_t mixed =
        (address.offset ^ (uint64_t{address.module.value} << 40)) *
        0x9E3779B97F4A7C15u;
    return static_cast<size_t>(mixed ^ (mixed >> 29));
  }
};
