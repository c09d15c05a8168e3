#include "probes/symbolizer.h"

#include <cxxabi.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "core/os/file.h"
#include "probes/debug_info.h"
#include "probes/elf_functions.h"
#include "probes/perf_map.h"
#include "probes/symbol_table.h"

namespace tidemark {
namespace {

constexpr size_t kLongestMangled = 2048;
constexpr size_t kLongestName = 4096;
constexpr size_t kLargestPerfMap = 128u << 20;

// "name::h0123456789abcdef" of Rust's first mangling.
std::string_view without_rust_hash(std::string_view name) {
  constexpr size_t kHash = 19;
  if (name.size() <= kHash) return name;
  const std::string_view tail = name.substr(name.size() - kHash);
  const bool hash = tail.starts_with("::h") &&
                    tail.find_first_not_of("0123456789abcdef", 3) == tail.npos;
  return hash ? name.substr(0, name.size() - kHash) : name;
}

// "f[abi:cxx11]()" is f() to whoever wrote it.
std::string without_abi_tags(std::string_view name) {
  constexpr std::string_view kTag = "[abi:";
  std::string plain;
  while (true) {
    const size_t at = name.find(kTag);
    const size_t end = at == name.npos ? at : name.find(']', at);
    if (end == name.npos) break;
    plain += name.substr(0, at);
    name.remove_prefix(end + 1);
  }
  return plain += name;
}

bool is_c_library(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (const std::string_view part : {"libc.so.", "libc-2.", "ld-linux",
                                      "libpthread", "libm.so.", "ld-musl"}) {
    if (name.starts_with(part)) return true;
  }
  return false;
}

Result<ElfFile> open_again(const SymbolSource& source) {
  for (const std::string& path : {source.opened, source.path}) {
    if (!path.starts_with('/')) continue;
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) continue;
    auto file = ElfFile::open(std::move(fd));
    // Without a build-id nothing tells whether it is the same file still.
    if (file && !source.build_id.empty() &&
        file->build_id() == source.build_id) {
      return file;
    }
  }
  return fail(ErrorKind::not_found, source.path + ": not to be found again");
}

}  // namespace

struct Symbolizer::Object {
  void close() {
    opened = false;
    elf.reset();
    debug.reset();
    functions = {};
    generated = {};
    generated_size = 0;
  }

  bool opened = false;
  std::shared_ptr<const ElfFile> elf;  // null: nothing can be named
  std::unique_ptr<DebugInfo> debug;
  SymbolTable functions;
  PerfMap generated;
  int64_t generated_size = 0;  // of the file when it was read
  std::unordered_map<uint64_t, std::vector<SymbolFrame>> results;
  uint64_t last_use = 0;
};

SymbolSource symbol_source(const ProgramObject& object) {
  SymbolSource source;
  source.path = object.path;
  source.build_id = object.build_id;
  source.opened = object.opened;
  source.elf = object.elf;
  source.perf_map = object.perf_map;
  // ".../PID/map_files/..." or ".../PID/root/...": the namespace is beside it.
  for (const std::string_view part : {"/map_files/", "/root/"}) {
    const size_t at = object.opened.find(part);
    if (at != std::string::npos) {
      source.roots.push_back(object.opened.substr(0, at) + "/root");
      break;
    }
  }
  return source;
}

Symbolizer::Symbolizer() : Symbolizer(Options()) {}
Symbolizer::Symbolizer(Options options) : options_(std::move(options)) {}
Symbolizer::~Symbolizer() = default;

std::vector<SymbolFrame> Symbolizer::symbolize(const SymbolSource& source,
                                               uint64_t offset) {
  const std::lock_guard lock(mutex_);
  Object& object = object_of(source);
  object.last_use = ++clock_;
  const auto known = object.results.find(offset);
  if (known != object.results.end()) return known->second;
  if (results_ >= options_.most_results) {
    for (auto& [key, each] : objects_) each->results.clear();
    results_ = 0;
  }
  if (!object.opened) {
    make_room();
    open(object, source);
  }
  std::vector<SymbolFrame> frames =
      source.perf_map ? look_up_generated(source, object, offset)
                      : look_up(object, offset);
  for (SymbolFrame& frame : frames) frame.function = demangle(frame.function);
  ++results_;
  object.results.emplace(offset, frames);
  return frames;
}

Symbolizer::Object& Symbolizer::object_of(const SymbolSource& source) {
  // Files without a build-id are told apart by where they were opened.
  const std::string key = source.build_id.empty()
                              ? source.opened + '\0' + source.path
                              : source.build_id;
  if (const auto known = objects_.find(key); known != objects_.end()) {
    return *known->second;
  }
  if (objects_.size() >= options_.most_objects) forget_oldest();
  return *objects_.emplace(key, std::make_unique<Object>()).first->second;
}

// Programs come and go, and each that generates code has a file of its own.
void Symbolizer::forget_oldest() {
  const auto oldest = std::ranges::min_element(
      objects_, {}, [](const auto& each) { return each.second->last_use; });
  results_ -= oldest->second->results.size();
  objects_.erase(oldest);
}

// For one more open file.
void Symbolizer::make_room() {
  const auto open = [](const auto& each) { return each.second->opened; };
  const auto last_use = [&](const auto& each) {
    return open(each) ? each.second->last_use : UINT64_MAX;
  };
  while (static_cast<size_t>(std::ranges::count_if(objects_, open)) >=
         options_.most_open) {
    std::ranges::min_element(objects_, {}, last_use)->second->close();
  }
}

bool Symbolizer::put_away_unused() {
  const std::lock_guard lock(mutex_);
  bool any_open = false, closed = false;
  for (auto& [key, object] : objects_) {
    if (!object->opened) continue;
    if (object->last_use > last_look_) {
      any_open = true;
    } else {
      object->close();
      closed = true;
    }
  }
  last_look_ = clock_;
  // Else it stays with malloc: debug information comes in large pieces, and
  // then not for hours.
  if (closed) ::malloc_trim(0);
  return any_open;
}

void Symbolizer::open(Object& object, const SymbolSource& source) {
  object.opened = true;
  if (source.perf_map) return;
  object.elf = source.elf;
  if (!object.elf) {
    auto file = open_again(source);
    if (!file) return;
    object.elf = std::make_shared<const ElfFile>(std::move(*file));
  }
  const ElfFile& elf = *object.elf;
  DebugPaths paths;
  paths.folders = options_.debug_folders;
  paths.roots = source.roots;
  paths.roots.emplace_back();
  auto apart = find_debug_file(elf, source.path, paths);
  // A part that is missing or broken leaves the others to tell.
  if (!is_c_library(source.path)) {
    auto debug = DebugInfo::open(elf);
    if (!debug && apart) debug = DebugInfo::open(apart->file);
    if (debug) object.debug = std::move(*debug);
  }
  static_cast<void>(object.functions.add(elf, ".symtab"));
  if (apart) static_cast<void>(object.functions.add(apart->file, ".symtab"));
  if (const auto packed = open_gnu_debugdata(elf)) {
    static_cast<void>(object.functions.add(*packed, ".symtab"));
  }
  static_cast<void>(object.functions.add(elf, ".dynsym"));
  object.functions.sort();
}

// The file grows while code is generated: it is read again when it has.
std::vector<SymbolFrame> Symbolizer::look_up_generated(
    const SymbolSource& source, Object& object, uint64_t address) {
  struct stat status{};
  if (::fstat(source.perf_map->get(), &status) != 0) return {};
  if (status.st_size != object.generated_size) {
    std::string buffer;
    const auto text = read_fd(source.perf_map->get(), buffer, kLargestPerfMap);
    if (!text) return {};
    object.generated = PerfMap::parse(*text);
    object.generated_size = status.st_size;
  }
  const std::string_view name = object.generated.name_at(address);
  if (name.empty()) return {};
  std::vector<SymbolFrame> frames(1);
  frames.front().function = name;
  return frames;
}

std::vector<SymbolFrame> Symbolizer::look_up(Object& object, uint64_t offset) {
  if (!object.elf) return {};
  const auto address = object.elf->address_of(offset);
  if (!address) return {};
  std::vector<SymbolFrame> frames;
  if (object.debug) frames = object.debug->frames_at(*address);
  if (!frames.empty() && !frames.back().function.empty()) return frames;
  const std::string_view name = object.functions.name_at(*address);
  if (name.empty())
    return frames.empty() || frames.back().file.empty()
               ? std::vector<SymbolFrame>()
               : frames;
  if (frames.empty()) frames.emplace_back();
  frames.back().function = name;
  return frames;
}

std::string demangle(std::string_view name) {
  const std::string raw(name.substr(0, kLongestName));
  if (!raw.starts_with("_Z") || raw.size() > kLongestMangled) return raw;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(raw.c_str(), nullptr, nullptr, &status), &std::free);
  if (status != 0 || !text) return raw;
  const std::string_view plain = without_rust_hash(text.get());
  return without_abi_tags(plain.substr(0, kLongestName));
}

}  // namespace tidemark
