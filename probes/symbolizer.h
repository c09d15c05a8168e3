// Names for addresses: function, source file and line, inlined functions too.
// Slow (files are read, debug information is searched): never on the loop's
// thread. Bounded memory: what was used longest ago is forgotten, and files are
// put away between bursts of questions.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/ids.h"
#include "core/model/site.h"
#include "probes/debug_files.h"
#include "probes/elf_file.h"
#include "probes/program_objects.h"

namespace tidemark {

// What is needed to name the addresses of one object, also after its process
// has ended. A copy may pass to another thread.
struct SymbolSource {
  std::string path;                          // as the process named it
  std::string build_id;                      // raw, may be empty
  std::string opened;                        // ProgramObject::opened
  std::shared_ptr<const ElfFile> elf;        // may be null: opened again
  std::shared_ptr<const UniqueFd> perf_map;  // of generated code
  // Namespaces to look for debug files in, "/proc/PID/root" for instance; our
  // own comes last by itself.
  std::vector<std::string> roots;
};
SymbolSource symbol_source(const ProgramObject& object);

class SymbolTable;
class DebugInfo;

// Any thread; one is served at a time.
class Symbolizer {
 public:
  struct Options {
    std::vector<std::string> debug_folders = {"/usr/lib/debug"};
    size_t most_open = 4;        // files at a time
    size_t most_results = 8192;  // remembered addresses
    size_t most_objects = 1024;  // of which something is remembered
  };
  Symbolizer();
  explicit Symbolizer(Options options);
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // The frames at a file offset, innermost first: an address of code, of a
  // call for callers (as UnwoundFrame::offset). Order of sources: DWARF of the
  // object or its debug file (debuglink, build-id), .symtab of either,
  // .gnu_debugdata, .dynsym. Of the C library only the last four: its lines
  // tell nobody anything, and its debug information is larger than most
  // programs'. Empty: nothing is known; show
  // module+0xoffset [build-id].
  std::vector<SymbolFrame> symbolize(const SymbolSource& source,
                                     uint64_t offset);

  // Objects of which something is remembered.
  size_t known() const { return objects_.size(); }

  // Closes the files that nobody asked for since the last call; names that were
  // found stay. What they took goes back to the kernel. False: all are closed.
  bool put_away_unused();

 private:
  struct Object;
  Object& object_of(const SymbolSource& source);
  void make_room();
  void forget_oldest();
  void open(Object& object, const SymbolSource& source);
  std::vector<SymbolFrame> look_up(Object& object, uint64_t offset);
  static std::vector<SymbolFrame> look_up_generated(const SymbolSource& source,
                                                    Object& object,
                                                    uint64_t address);

  Options options_;
  std::map<std::string, std::unique_ptr<Object>> objects_;
  uint64_t clock_ = 0;
  uint64_t last_look_ = 0;  // the clock when files were last put away
  size_t results_ = 0;
  std::mutex mutex_;  // guards all but the options
};

// "std::vector<int>::push_back(int const&)"; the name itself when it is not
// mangled, or longer than we demangle. The hash that Rust appends is left out.
std::string demangle(std::string_view name);

}  // namespace tidemark
