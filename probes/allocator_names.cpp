#include "probes/allocator_names.h"

#include <algorithm>
#include <array>

namespace tidemark {
namespace {

using enum AllocatorFunction;

struct NamedFunction {
  std::string_view name;
  AllocatorFunction function;
  bool prefixed_only;  // without a prefix anybody's function may be called so
};

constexpr NamedFunction kFunctions[] = {
    {"malloc", malloc, false},
    {"valloc", malloc, false},
    {"pvalloc", malloc, false},
    {"mallocx", malloc, false},
    {"zalloc", malloc, true},
    {"malloc_small", malloc, true},
    {"zalloc_small", malloc, true},
    {"malloc_aligned", malloc, true},
    {"zalloc_aligned", malloc, true},
    {"calloc", calloc, false},
    {"realloc", realloc, false},
    {"rallocx", realloc, false},
    {"reallocarray", reallocarray, false},
    {"memalign", memalign, false},
    {"aligned_alloc", memalign, false},
    {"posix_memalign", posix_memalign, false},
    {"free", free, false},
    {"cfree", free, false},
    {"free_sized", free, false},
    {"free_aligned_sized", free, false},
    {"dallocx", free, false},
    {"sdallocx", free, false},
    {"free_size", free, true},
    {"free_size_aligned", free, true},
    {"free_aligned", free, true},
    {"new", operator_new, true},
    {"newarray", operator_new, true},
    {"new_aligned", operator_new, true},
    {"new_nothrow", operator_new_nothrow, true},
    {"newarray_nothrow", operator_new_nothrow, true},
    {"delete", operator_delete, true},
    {"delete_sized", operator_delete, true},
    {"deletearray", operator_delete, true},
    {"deletearray_sized", operator_delete, true},
    {"mmap", mmap, false},
    {"mmap64", mmap, false},
    {"munmap", munmap, false},
    {"mremap", mremap, false},
};

constexpr std::string_view kPrefixes[] = {"__libc_", "je_", "_rjem_je_",
                                          "_rjem_",  "tc_", "mi_"};

// What follows _Znwm, _Znam and _ZdlPv, _ZdaPv in the Itanium C++ ABI.
constexpr std::string_view kNewTails[] = {"", "St11align_val_t"};
constexpr std::string_view kNothrowTails[] = {"RKSt9nothrow_t",
                                              "St11align_val_tRKSt9nothrow_t"};
constexpr std::string_view kDeleteTails[] = {"",
                                             "m",
                                             "RKSt9nothrow_t",
                                             "mRKSt9nothrow_t",
                                             "St11align_val_t",
                                             "mSt11align_val_t",
                                             "St11align_val_tRKSt9nothrow_t"};

bool one_of(std::string_view word, auto& words) {
  return std::ranges::find(words, word) != std::end(words);
}

std::optional<AllocatorFunction> operator_function(std::string_view name) {
  const bool makes = name.starts_with("_Znwm") || name.starts_with("_Znam");
  if (makes) {
    const std::string_view tail = name.substr(5);
    if (one_of(tail, kNewTails)) return operator_new;
    if (one_of(tail, kNothrowTails)) return operator_new_nothrow;
  }
  if (name.starts_with("_ZdlPv") || name.starts_with("_ZdaPv")) {
    if (one_of(name.substr(6), kDeleteTails)) return operator_delete;
  }
  return std::nullopt;
}

std::optional<AllocatorFunction> look_up(std::string_view name, bool prefixed) {
  for (const NamedFunction& each : kFunctions) {
    if (each.name == name && (prefixed || !each.prefixed_only)) {
      return each.function;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<AllocatorFunction> allocator_function(std::string_view name) {
  if (name.starts_with("_Z")) return operator_function(name);
  if (const auto plain = look_up(name, false)) return plain;
  for (const std::string_view prefix : kPrefixes) {
    if (!name.starts_with(prefix)) continue;
    return look_up(name.substr(prefix.size()), true);
  }
  return std::nullopt;
}

unsigned arguments_of(AllocatorFunction function) {
  switch (function) {
    case malloc:
    case free:
    case operator_new:
    case operator_new_nothrow:
    case operator_delete: return 1;
    case calloc:
    case realloc:
    case memalign:
    case mmap:
    case munmap: return 2;
    case reallocarray:
    case posix_memalign:
    case mremap: return 3;
  }
  return 6;
}

std::string name_allocator(const std::vector<std::string>& names) {
  const auto any = [&](auto holds) {
    return std::ranges::any_of(names, holds);
  };
  if (any([](std::string_view each) {
        return each == "mallocx" || each.ends_with("_mallocx") ||
               each.starts_with("je_") || each.starts_with("_rjem_");
      })) {
    return "jemalloc";
  }
  if (any([](std::string_view each) { return each.starts_with("tc_"); })) {
    return "tcmalloc";
  }
  if (any([](std::string_view each) { return each.starts_with("mi_"); })) {
    return "mimalloc";
  }
  if (any([](std::string_view each) { return each == "__libc_memalign"; })) {
    return "glibc";
  }
  return "other";
}

}  // namespace tidemark
