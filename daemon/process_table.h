// Every process alive, by (pid, start time): who it is, whose child, which
// role, whether watched. The scanning collector feeds it; the others and the
// correlator look things up in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/subject.h"
#include "daemon/collector.h"

namespace tidemark {

// What a scan or a life event says of a process.
struct ProcessSeen {
  ProcessKey key;
  Pid parent;
  std::string_view comm;  // raw bytes
  bool kernel_thread = false;
};

class ProcessTable {
 public:
  // Called when a process is described (first seen, exec, new parent watched);
  // may set role and watched. Must be cheap and must not call back.
  using Classify = std::function<void(Subject&)>;

  ProcessTable(Roots roots, Definer& definer);
  void set_classify(Classify classify);

  // One scan: begin, observe each, end; what was not observed has ended and is
  // returned by end_scan. observe() creates the subject at first sight, reads
  // cmdline, exe and cgroup once (and again after an exec), inherits `watched`
  // from the parent, and returns the id.
  void begin_scan();
  SubjectId observe(const ProcessSeen& seen);
  std::vector<SubjectId> end_scan();

  // From life events, so that a child between two scans is known at once.
  SubjectId on_fork(const ProcessSeen& child);
  void on_exec(const ProcessSeen& seen);
  void on_exit(ProcessKey key);

  const Subject* find(ProcessKey key) const;
  const Subject* find(SubjectId id) const;
  // The current life of a pid; nullptr when unknown.
  const Subject* find_pid(Pid pid) const;
  // Watches this process and its descendants, also future ones.
  void watch(SubjectId id);
  void set_role(SubjectId id, std::string_view role);
  // Alive and watched, in order of id; valid until the table changes.
  const std::vector<SubjectId>& watched() const;
  size_t size() const;

 private:
  struct Entry {
    Subject subject;
    uint64_t scan = 0;  // the last scan that saw it
  };
  Roots roots_;
  Definer& definer_;
  Classify classify_;
  std::unordered_map<ProcessKey, Entry> by_key_;
  std::unordered_map<SubjectId, ProcessKey> by_id_;
  std::unordered_map<int32_t, ProcessKey> by_pid_;
  std::vector<SubjectId> watched_;
  uint64_t scan_ = 0;
};

}  // namespace tidemark
