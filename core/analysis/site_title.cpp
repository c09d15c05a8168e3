#include "core/analysis/site_title.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tidemark {
namespace {

// Whole names, without namespace: sorted.
constexpr auto kFunctions = std::to_array<std::string_view>({
    "GI___libc_malloc",
    "PyMem_Calloc",
    "PyMem_Malloc",
    "PyMem_RawCalloc",
    "PyMem_RawMalloc",
    "PyMem_RawRealloc",
    "PyMem_Realloc",
    "PyObject_Calloc",
    "PyObject_Malloc",
    "PyObject_Realloc",
    "__libc_calloc",
    "__libc_malloc",
    "__libc_memalign",
    "__libc_realloc",
    "__rust_alloc",
    "__rust_alloc_zeroed",
    "__rust_realloc",
    "__strdup",
    "__strndup",
    "aligned_alloc",
    "asprintf",
    "calloc",
    "free",
    "g_malloc",
    "g_malloc0",
    "g_malloc0_n",
    "g_malloc_n",
    "g_realloc",
    "g_slice_alloc",
    "g_slice_alloc0",
    "g_strdup",
    "g_strndup",
    "getdelim",
    "getline",
    "malloc",
    "memalign",
    "mmap",
    "mmap64",
    "mremap",
    "operator delete",
    "operator delete[]",
    "operator new",
    "operator new[]",
    "posix_memalign",
    "pvalloc",
    "realloc",
    "reallocarray",
    "sbrk",
    "strdup",
    "strndup",
    "valloc",
    "vasprintf",
    "wcsdup",
    "xcalloc",
    "xmalloc",
    "xrealloc",
    "xstrdup",
    "xstrndup",
    "zcalloc",
    "zmalloc",
    "zrealloc",
    "zstrdup",
});
constexpr auto kPrefixes =
    std::to_array<std::string_view>({"std::",
                                     "__gnu_cxx::",
                                     "__cxxabiv1::",
                                     "alloc::alloc::",
                                     "alloc::raw_vec::",
                                     "hashbrown::raw::",
                                     "_int_malloc",
                                     "_int_realloc",
                                     "_int_memalign",
                                     "_int_calloc",
                                     "sysmalloc",
                                     "arena_get2",
                                     "je_",
                                     "tc_",
                                     "mi_",
                                     "_mi_",
                                     "tcmalloc::",
                                     "do_malloc",
                                     "zmalloc_",
                                     "ztrymalloc",
                                     "ztryrealloc",
                                     "zrealloc_usable",
                                     "_PyMem_",
                                     "_PyObject_Malloc",
                                     "_PyObject_Realloc"});
constexpr auto kLibraries = std::to_array<std::string_view>(
    {"libc.so", "libc-", "libstdc++.so", "libc++.so", "libc++abi.so",
     "libgcc_s.so", "libjemalloc", "libtcmalloc", "libmimalloc", "ld-linux",
     "ld-musl", "libtidemark-heap.so", "libpthread"});

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

// The word "operator" stands at `i`.
bool is_operator(std::string_view text, size_t i) {
  constexpr std::string_view kWord = "operator";
  const size_t end = i + kWord.size();
  return text.substr(i).starts_with(kWord) &&
         (i == 0 || !is_word(text[i - 1])) &&
         (end == text.size() || !is_word(text[end]));
}

// Where the name ends: at the parameters' bracket outside template arguments,
// unless that belongs to "(anonymous namespace)" or is an operator's name.
size_t end_of_name(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (is_operator(text, i)) {
      // operator(), operator<, operator<<, operator->, …: signs are no bracket.
      i += 8;
      if (text.substr(i).starts_with("()")) i += 2;
      while (i < text.size() &&
             std::string_view("<>=-").find(text[i]) != std::string_view::npos) {
        ++i;
      }
      --i;
    } else if (rest.starts_with("(anonymous namespace)")) {
      i += std::string_view("(anonymous namespace)").size() - 1;
    } else if (text[i] == '<' || text[i] == '{') {
      ++depth;
    } else if (text[i] == '>' || text[i] == '}') {
      depth = std::max(depth - 1, 0);
    } else if (text[i] == '(' && depth == 0) {
      return i;
    }
  }
  return text.size();
}

// Where it begins: behind the return type, which templates have.
size_t begin_of_name(std::string_view text) {
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' || text[i] == '(') ++depth;
    if (text[i] == '>' || text[i] == ')') depth = std::max(depth - 1, 0);
    if (text[i] != ' ' || depth > 0) continue;
    if (i >= 8 && is_operator(text, i - 8)) return begin;
    begin = i + 1;
  }
  return begin;
}

std::string without_arguments(std::string_view name) {
  std::string text;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (depth == 0 && is_operator(name, i)) {
      return text + std::string(name.substr(i));
    }
    if (name[i] == '<') ++depth;
    if (depth == 0) text += name[i];
    if (name[i] == '>') depth = std::max(depth - 1, 0);
  }
  return text;
}

bool is_library_of_plumbing(std::string_view module) {
  const std::string_view name = base_name(module);
  return std::ranges::any_of(kLibraries, [name](std::string_view library) {
    return name.starts_with(library);
  });
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

}  // namespace

std::string short_function(std::string_view demangled) {
  const std::string_view name = demangled.substr(0, end_of_name(demangled));
  const std::string text = without_arguments(name.substr(begin_of_name(name)));
  return text.empty() ? std::string(demangled) : text;
}

bool is_plumbing(const StackFrame& frame) {
  if (is_library_of_plumbing(frame.module)) return true;
  if (frame.function.empty()) return false;
  const std::string name = short_function(frame.function);
  if (std::ranges::binary_search(kFunctions, std::string_view(name))) {
    return true;
  }
  return std::ranges::any_of(kPrefixes, [&name](std::string_view prefix) {
    return name.starts_with(prefix);
  });
}

size_t title_frame(std::span<const StackFrame> frames) {
  const auto user = std::ranges::find_if_not(frames, is_plumbing);
  if (user == frames.end()) return 0;
  return static_cast<size_t>(user - frames.begin());
}

std::string frame_text(const StackFrame& frame) {
  if (!frame.function.empty()) {
    std::string text = short_function(frame.function);
    if (!frame.file.empty()) {
      text += " (" + std::string(base_name(frame.file));
      if (frame.line > 0) text += ":" + std::to_string(frame.line);
      text += ")";
    } else if (!frame.module.empty()) {
      text += " (" + std::string(base_name(frame.module)) + ")";
    }
    return text;
  }
  if (frame.module.empty()) return fmt::format("0x{:x}", frame.offset);
  std::string text =
      fmt::format("{}+0x{:x}", base_name(frame.module), frame.offset);
  if (!frame.build_id.empty()) {
    text += " [" + hex(std::string_view(frame.build_id).substr(0, 4)) + "]";
  }
  return text;
}

std::string site_title(std::span<const StackFrame> frames) {
  if (frames.empty()) return "unknown stack";
  return frame_text(frames[title_frame(frames)]);
}

std::vector<std::string> caller_texts(std::span<const StackFrame> frames) {
  std::vector<std::string> texts;
  for (size_t i = title_frame(frames) + 1; i < frames.size(); ++i) {
    texts.push_back(frame_text(frames[i]) +
                    (frames[i].inlined ? ", inlined" : ""));
  }
  return texts;
}

}  // namespace tidemark
