// The files that processes run, each opened once, with what unwinding and
// names need of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "probes/eh_frame.h"
#include "probes/elf_file.h"
#include "probes/process_maps.h"

namespace tidemark {

struct ProgramObject {
  uint32_t index = 0;
  FileIdentity file;
  std::string path;      // as the process named it, raw bytes
  std::string build_id;  // raw, may be empty
  std::string opened;    // MappedFile::path
  std::string problem;   // why it could not be read; empty: it could
  // Null when it could not be read, or while it is put away.
  std::shared_ptr<const ElfFile> elf;
  std::shared_ptr<const EhFrame> frames;
  // Of generated code, which is in no file: who names it. The object's offsets
  // are addresses then. Null, too, while it is put away.
  std::shared_ptr<const UniqueFd> perf_map;
};

// One thread at a time. An open file keeps its inode number from being given
// to another one, so an identity stays true; at most kMostOpen are open, those
// used longest ago are put away.
class ProgramObjects {
 public:
  static constexpr size_t kMostOpen = 128;
  static constexpr size_t kMostObjects = 1u << 16;
  // Processes whose generated code can be named at a time, each by an open
  // file.
  static constexpr size_t kMostGenerated = 32;

  explicit ProgramObjects(std::string proc = "/proc");
  // The object behind a mapping; null: memory without a file, or kMostObjects
  // reached. The vDSO is an object of the kernel's own; generated code is one
  // where its process writes a perf map, whose path is then the object's.
  const ProgramObject* find(const ProcessMaps& maps, const Mapping& mapping);
  const ProgramObject& at(uint32_t index) const { return *objects_[index]; }
  size_t size() const { return objects_.size(); }

 private:
  ProgramObject* open(const ProcessMaps& maps, const Mapping& mapping);
  ProgramObject* add(const Mapping& mapping, const std::string& build_id);
  void make_room();
  const ProgramObject* vdso(const Mapping& mapping);
  const ProgramObject* generated(const ProcessMaps& maps);
  void make_room_for_generated();

  std::string proc_;
  std::vector<std::unique_ptr<ProgramObject>> objects_;
  std::map<FileIdentity, uint32_t> by_file_;
  std::map<uint32_t, uint64_t> open_;  // object, last use
  uint64_t clock_ = 0;
  std::optional<uint32_t> vdso_;
  struct Generated {
    uint32_t object = 0;
    uint64_t last_use = 0;
  };
  std::map<std::pair<Pid, uint64_t>, Generated> generated_;  // by map's inode
};

}  // namespace tidemark
