// Every process alive, by (pid, start time): who it is, whose child, which
// role, whether watched. The scanning collector feeds it; the others and the
// correlator look things up in it.
#pragma once

#include <array>
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
  // task_struct.self_exec_id, which each exec counts up; 0 = not known, then a
  // new name is taken for a sign of an exec.
  uint64_t exec_id = 0;
  int64_t rss_estimate = -1;  // bytes; < 0: not known
  bool zombie = false;
};

class ProcessTable {
 public:
  // Called when a process is described (first seen, exec, new parent watched);
  // may set role and watched. Must be cheap and must not call back.
  using Classify = std::function<void(Subject&)>;

  ProcessTable(Roots roots, Definer& definer);
  void set_classify(Classify classify);

  // Children of this process are watched: a command's process that turns
  // itself into a daemon is given to the child subreaper, which `record` is.
  void set_adopter(Pid pid);
  // But not this one, a helper of ours.
  void disown(Pid pid) { disowned_.push_back(pid); }

  // One scan: begin, observe each, end; what was not observed has ended and is
  // returned by end_scan (Definer::end_subject has been told). observe()
  // creates the subject at first sight, reads cmdline, exe and cgroup once (and
  // again after an exec), inherits `watched` from the parent, and returns the
  // id.
  void begin_scan();
  SubjectId observe(const ProcessSeen& seen);
  std::vector<SubjectId> end_scan();

  // From life events, so that a child between two scans is known at once.
  // on_fork knows only children of watched processes, and returns an invalid
  // id for others: most lives between two scans are nobody's concern.
  // After on_exit a process stays until a scan no longer sees it (a zombie
  // keeps its figures).
  SubjectId on_fork(const ProcessSeen& child);
  void on_exec(const ProcessSeen& seen);
  void on_exit(ProcessKey key);

  // Processes whose memory, as estimated, moved since they were last listed
  // here, worth an exact look; of the latest scan, at most kMostMovers.
  const std::vector<SubjectId>& movers() const { return movers_; }
  static constexpr size_t kMostMovers = 32;

  const Subject* find(ProcessKey key) const;
  const Subject* find(SubjectId id) const;
  // The current life of a pid; nullptr when unknown.
  const Subject* find_pid(Pid pid) const;
  // Watches this process and its descendants, also future ones.
  void watch(SubjectId id);
  void set_role(SubjectId id, std::string_view role);
  // Asks `classify` about every process once more: its rules have changed.
  void classify_again();
  void set_cgroup(SubjectId id, std::string_view path);
  // Alive and watched, in order of id; valid until the table changes.
  const std::vector<SubjectId>& watched() const;
  size_t size() const;
  // Calls fn(subject, zombie, exited) for each process of the latest scan, in
  // no order; `exited` by an event since then.
  template <typename Fn>
  void for_each(Fn&& fn) const {
    for (const auto& [key, entry] : by_key_) {
      fn(entry.subject, entry.zombie, entry.exited);
    }
  }

 private:
  struct Entry {
    Subject subject;
    uint64_t scan = 0;  // the last scan that looked it up
    uint64_t exec_id = 0;
    bool exited = false;
    bool zombie = false;
  };
  // What a scan compares, of all processes in the order of the latest scan:
  // as long as it is seen again in that order, and nothing of it changed, no
  // process is looked up.
  struct Seen {
    ProcessKey key;
    SubjectId id;
    Pid parent;
    uint64_t exec_id = 0;
    int64_t rss_listed = -1;  // the estimate when last a mover, or first seen
    std::array<char, 16> comm{};
    bool zombie = false;
  };
  Entry* entry_of(ProcessKey key);
  Entry* entry_of(Pid pid);
  const Entry* entry_of(Pid pid) const;
  Entry& create(const ProcessSeen& seen);
  Seen look_up(const ProcessSeen& seen);
  Seen* expected(const ProcessSeen& seen);
  bool unchanged(const Seen& before, const ProcessSeen& seen) const;
  void note_memory(Seen& known, int64_t rss_estimate);
  bool ended_in_scan(ProcessKey key);
  void refresh(Entry& entry, const ProcessSeen& seen);
  void describe(Subject& subject);
  void publish(Entry& entry);
  std::vector<ProcessKey> alive() const;
  bool parent_watched(const Subject& subject) const;
  void list_watched(SubjectId id);
  void unlist_watched(SubjectId id);
  void spread_watch(const std::vector<ProcessKey>& among);
  void remove(const Entry& entry);

  Roots roots_;
  Definer& definer_;
  Classify classify_;
  std::unordered_map<ProcessKey, Entry> by_key_;
  std::unordered_map<SubjectId, ProcessKey> by_id_;
  std::unordered_map<int32_t, ProcessKey> by_pid_;
  std::vector<SubjectId> watched_;
  std::vector<SubjectId> movers_;
  std::vector<ProcessKey> fresh_;  // created since the scan before
  std::string buffer_;
  bool is_adopted(Pid pid, Pid parent) const;
  Pid adopter_;
  std::vector<Pid> disowned_;
  int64_t mover_threshold_;
  uint64_t scan_ = 0;
  std::vector<Seen> order_, next_order_;  // of the latest scan, of this one
  size_t cursor_ = 0;                     // in order_
  bool sorted_ = true;                    // this scan rises by pid
  std::vector<ProcessKey> passed_over_;   // of order_, not seen in its place
};

}  // namespace tidemark
