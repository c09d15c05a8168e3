// Descriptors, sockets, threads and mappings of chosen processes: which call
// stack opened those that are still open, and in which phase (handles.bpf.c).
// x86-64.
//
// Seen is what a process opens from attaching on. Not seen: descriptors
// received over a socket (SCM_RIGHTS), those inherited by a fork or made by
// calls of another architecture; mappings that are only reserved (PROT_NONE,
// but for threads' stacks), shmat(2), the old place of MREMAP_DONTUNMAP.
//
// One thread at a time; set_cohort from any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/model/site.h"
#include "probes/process_maps.h"

namespace tidemark {

struct HandleTracerOptions {
  uint32_t open_handles = 1u << 17;  // of all processes, at one time
  uint32_t sites = 1u << 14;
  uint32_t stacks = 1u << 14;
};

using HandleSlot = uint32_t;  // a process that is attached to

struct HandleCounts {
  uint64_t opened = 0;
  uint64_t closed = 0;
  // Losses, by cause.
  uint64_t open_full = 0;   // handles that found no slot
  uint64_t sites_full = 0;  // that found no row
  uint64_t ring_full = 0;   // stacks or events
  uint64_t missed_closes = 0;
  uint64_t missed_mappings = 0;
  uint64_t missed_unmappings = 0;  // until correct() is called

  uint64_t untracked() const {
    return open_full + sites_full + missed_mappings;
  }
};

// One row: a process, a stack, a phase, a kind. Open is opened less closed.
struct HandleSite {
  HandleSlot slot = 0;
  uint32_t cohort = 0;
  SiteKind kind = SiteKind::none;
  uint64_t key = 0;  // of the stack
  int64_t opened = 0;
  int64_t closed = 0;
  // Of mappings alone. One is closed when its last page is given back.
  int64_t opened_bytes = 0;
  int64_t closed_bytes = 0;
};

// The first of its key, as its system call returned.
struct HandleStack {
  HandleSlot slot = 0;
  uint64_t key = 0;
  SiteKind kind = SiteKind::none;
  std::array<uint64_t, 16> registers = {};  // DWARF's order, see eh_frame.h
  uint64_t program_counter = 0;
  std::span<const uint8_t> stack;  // from the stack pointer; during the call
};

enum class HandleEvent : uint8_t { execed = 2, exited = 3 };

class HandleTracer {
 public:
  static constexpr size_t kMostProcesses = 256;

  // Loads and attaches the probe. Error: permission or unsupported, with the
  // cause and the remedy.
  static Result<std::unique_ptr<HandleTracer>> open(
      const HandleTracerOptions& options = {});
  virtual ~HandleTracer() = default;

  // Counts what the process opens from here on. `maps`: for telling stacks
  // apart. Error full: kMostProcesses; the system's.
  virtual Result<HandleSlot> attach(Pid pid, const ProcessMaps& maps) = 0;
  // After an exec, or when the process mapped more code.
  virtual void set_maps(HandleSlot slot, const ProcessMaps& maps) = 0;
  // Records of what it gave back were lost: mappings that are not there end.
  virtual void correct(HandleSlot slot, const ProcessMaps& maps) = 0;
  // No more of it is counted; its rows stay up to release().
  virtual void detach(HandleSlot slot) = 0;
  // Forgets its rows and gives the slot back.
  virtual void release(HandleSlot slot) = 0;

  // The phase that handles belong to which are opened from now on.
  virtual void set_cohort(uint32_t ordinal) = 0;

  virtual HandleCounts counts(HandleSlot slot) const = 0;
  // Replaces `rows`; mappings are as drain() left them. Error: the system's.
  virtual Status read_sites(std::vector<HandleSite>& rows) const = 0;
  virtual Status drain(
      const std::function<void(const HandleStack&)>& stacks,
      const std::function<void(HandleSlot, HandleEvent)>& events) = 0;
};

}  // namespace tidemark
