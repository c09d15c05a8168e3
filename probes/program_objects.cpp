#include "probes/program_objects.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "probes/perf_map.h"

namespace tidemark {
namespace {

constexpr uint64_t kLargestVdso = 1u << 20;

// Our own vDSO: every process of one kernel has the same image.
Result<UniqueFd> copy_of_vdso() {
  TIDEMARK_TRY(const ProcessMaps maps,
               read_process_maps("/proc", Pid{::getpid()}));
  for (const Mapping& mapping : maps.mappings) {
    const uint64_t size = mapping.end - mapping.begin;
    if (mapping.path != "[vdso]" || size > kLargestVdso) continue;
    UniqueFd fd(::memfd_create("vdso", MFD_CLOEXEC));
    if (!fd.valid()) return fail_errno("memfd_create", errno);
    const auto* image = reinterpret_cast<const char*>(mapping.begin);
    if (::write(fd.get(), image, size) != static_cast<ssize_t>(size)) {
      return fail_errno("copying the vDSO", errno);
    }
    return fd;
  }
  return fail(ErrorKind::not_found, "no vDSO");
}

}  // namespace

ProgramObjects::ProgramObjects(std::string proc) : proc_(std::move(proc)) {}

const ProgramObject* ProgramObjects::find(const ProcessMaps& maps,
                                          const Mapping& mapping) {
  if (!mapping.backed()) {
    if (mapping.path == "[vdso]") return vdso(mapping);
    // "[anon:JIT]" is memory that was given a name (prctl(2)).
    const bool anonymous =
        !mapping.path.starts_with('[') || mapping.path.starts_with("[anon");
    return mapping.executable && anonymous ? generated(maps) : nullptr;
  }
  const auto known = by_file_.find(mapping.file);
  ProgramObject* object =
      known == by_file_.end() ? nullptr : objects_[known->second].get();
  if (object == nullptr || (!object->elf && object->problem.empty())) {
    object = open(maps, mapping);
  }
  if (object != nullptr && object->elf) open_[object->index] = ++clock_;
  return object;
}

ProgramObject* ProgramObjects::open(const ProcessMaps& maps,
                                    const Mapping& mapping) {
  auto file = open_mapped_file(proc_, maps.pid, mapping);
  if (!file) {
    ProgramObject* object = add(mapping, "");
    if (object != nullptr) object->problem = file.error().what;
    return object;
  }
  make_room();
  auto elf = ElfFile::open(std::move(file->fd));
  ProgramObject* object = add(mapping, elf ? elf->build_id() : "");
  if (object == nullptr) return nullptr;
  object->opened = std::move(file->path);
  if (!elf) {
    object->problem = elf.error().what;
    return object;
  }
  object->elf = std::make_shared<const ElfFile>(std::move(*elf));
  // A program without frame information is unwound by frame pointers.
  if (auto frames = EhFrame::load(*object->elf)) {
    object->frames = std::make_shared<const EhFrame>(std::move(*frames));
  }
  return object;
}

// The object of that file, a new one when it was never seen; or when another
// file took over the inode number while the object was put away.
ProgramObject* ProgramObjects::add(const Mapping& mapping,
                                   const std::string& build_id) {
  const auto known = by_file_.find(mapping.file);
  if (known != by_file_.end()) {
    ProgramObject* object = objects_[known->second].get();
    if (object->build_id == build_id && object->path == mapping.path) {
      return object;
    }
  }
  if (objects_.size() == kMostObjects) return nullptr;
  auto object = std::make_unique<ProgramObject>();
  object->index = static_cast<uint32_t>(objects_.size());
  object->file = mapping.file;
  object->path = mapping.path;
  object->build_id = build_id;
  by_file_[mapping.file] = object->index;
  objects_.push_back(std::move(object));
  return objects_.back().get();
}

void ProgramObjects::make_room() {
  if (open_.size() < kMostOpen) return;
  const auto oldest = std::ranges::min_element(
      open_, {}, [](const auto& each) { return each.second; });
  ProgramObject& object = *objects_[oldest->first];
  object.elf.reset();
  object.frames.reset();
  open_.erase(oldest);
}

const ProgramObject* ProgramObjects::generated(const ProcessMaps& maps) {
  auto file = open_perf_map(proc_, maps.pid);
  if (!file) return nullptr;
  const std::pair key(maps.pid, file->inode);
  if (const auto known = generated_.find(key); known != generated_.end()) {
    known->second.last_use = ++clock_;
    return objects_[known->second.object].get();
  }
  make_room_for_generated();
  Mapping place;
  place.path = file->path;
  by_file_.erase(place.file);
  ProgramObject* object = add(place, "");
  if (object == nullptr) return nullptr;
  generated_[key] = {object->index, ++clock_};
  object->opened =
      proc_ + "/" + std::to_string(maps.pid.value) + "/root" + file->path;
  object->perf_map = std::make_shared<const UniqueFd>(std::move(file->fd));
  return object;
}

// Most of them have ended: the file of one that is asked for again, and lives,
// is a further object.
void ProgramObjects::make_room_for_generated() {
  if (generated_.size() < kMostGenerated) return;
  const auto oldest = std::ranges::min_element(
      generated_, {}, [](const auto& each) { return each.second.last_use; });
  objects_[oldest->second.object]->perf_map.reset();
  generated_.erase(oldest);
}

const ProgramObject* ProgramObjects::vdso(const Mapping& mapping) {
  if (!vdso_) {
    ProgramObject* object = add(mapping, "");
    if (object == nullptr) return nullptr;
    vdso_ = object->index;
    auto image = copy_of_vdso();
    auto elf = image ? ElfFile::open(std::move(*image))
                     : Result<ElfFile>(std::unexpected(image.error()));
    if (!elf) {
      object->problem = elf.error().what;
      return object;
    }
    object->build_id = elf->build_id();
    object->elf = std::make_shared<const ElfFile>(std::move(*elf));
    if (auto frames = EhFrame::load(*object->elf)) {
      object->frames = std::make_shared<const EhFrame>(std::move(*frames));
    }
  }
  return objects_[*vdso_].get();
}

}  // namespace tidemark
