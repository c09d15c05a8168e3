#include "daemon/process_table.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/base/text.h"
#include "daemon/procfs/cgroup_paths.h"
#include "daemon/procfs/process_directory.h"

namespace tidemark {
namespace {

constexpr size_t kCommandLimit = 4096;

// cmdline without the NUL that ends it, scrubbed, at most kCommandLimit.
std::string command_of(std::string_view cmdline) {
  cmdline = cmdline.substr(0, kCommandLimit);
  while (cmdline.ends_with('\0')) cmdline.remove_suffix(1);
  std::string command = scrub_secrets(cmdline);
  if (command.size() > kCommandLimit) command.resize(kCommandLimit);
  return command;
}

// How far the estimate may be off without anything having moved: what each CPU
// may hold back (kernel lib/percpu_counter.c, compute_batch_value).
int64_t estimate_error() {
  const int64_t cpus = std::max<int64_t>(1, ::sysconf(_SC_NPROCESSORS_ONLN));
  const int64_t batch_pages = std::max<int64_t>(32, cpus * 2);
  const int64_t bytes = cpus * batch_pages * ::sysconf(_SC_PAGESIZE);
  return std::max<int64_t>(bytes, 1 << 20);
}

}  // namespace

ProcessTable::ProcessTable(Roots roots, Definer& definer)
    : roots_(std::move(roots)),
      definer_(definer),
      mover_threshold_(estimate_error()) {}

void ProcessTable::set_classify(Classify classify) {
  classify_ = std::move(classify);
}

void ProcessTable::set_adopter(Pid pid) { adopter_ = pid; }

bool ProcessTable::is_adopted(Pid pid, Pid parent) const {
  return adopter_.value > 0 && parent == adopter_ &&
         std::find(disowned_.begin(), disowned_.end(), pid) == disowned_.end();
}

void ProcessTable::begin_scan() {
  ++scan_;
  movers_.clear();
  next_order_.clear();
  passed_over_.clear();
  cursor_ = 0;
  sorted_ = true;
}

SubjectId ProcessTable::observe(const ProcessSeen& seen) {
  if (!next_order_.empty()) {
    if (next_order_.back().key == seen.key) return next_order_.back().id;
    sorted_ = sorted_ && next_order_.back().key.pid < seen.key.pid;
  }
  Seen* known = expected(seen);
  if (known != nullptr && unchanged(*known, seen)) {
    next_order_.push_back(*known);
  } else {
    const int64_t rss_listed = known == nullptr ? -1 : known->rss_listed;
    next_order_.push_back(look_up(seen));
    next_order_.back().rss_listed = rss_listed;
  }
  note_memory(next_order_.back(), seen.rss_estimate);
  return next_order_.back().id;
}

// Where this process stood in the scan before, if it comes in the same order;
// those that are passed over have most likely ended.
ProcessTable::Seen* ProcessTable::expected(const ProcessSeen& seen) {
  while (cursor_ < order_.size() && order_[cursor_].key != seen.key) {
    if (order_[cursor_].key.pid > seen.key.pid) return nullptr;
    passed_over_.push_back(order_[cursor_++].key);
  }
  return cursor_ < order_.size() ? &order_[cursor_++] : nullptr;
}

bool ProcessTable::unchanged(const Seen& before,
                             const ProcessSeen& seen) const {
  const std::string_view comm(before.comm.data(),
                              ::strnlen(before.comm.data(), 16));
  return before.parent == seen.parent && before.exec_id == seen.exec_id &&
         before.zombie == seen.zombie &&
         (seen.kernel_thread || comm == seen.comm.substr(0, 16));
}

ProcessTable::Seen ProcessTable::look_up(const ProcessSeen& seen) {
  Entry* entry = entry_of(seen.key);
  if (entry == nullptr) {
    entry = &create(seen);
    describe(entry->subject);
    publish(*entry);
  } else {
    refresh(*entry, seen);
  }
  entry->zombie = seen.zombie;
  entry->scan = scan_;
  Seen known{.key = seen.key,
             .id = entry->subject.id,
             .parent = seen.parent,
             .exec_id = seen.exec_id,
             .zombie = seen.zombie};
  const std::string_view comm = seen.comm.substr(0, known.comm.size());
  std::copy(comm.begin(), comm.end(), known.comm.begin());
  return known;
}

std::vector<SubjectId> ProcessTable::end_scan() {
  // A child may be seen before the parent that makes it watched.
  spread_watch(fresh_);
  // Whoever may have ended: passed over, not come to, or known by its fork.
  while (cursor_ < order_.size()) {
    passed_over_.push_back(order_[cursor_++].key);
  }
  passed_over_.insert(passed_over_.end(), fresh_.begin(), fresh_.end());
  fresh_.clear();
  std::vector<SubjectId> ended;
  for (const ProcessKey key : passed_over_) {
    if (!ended_in_scan(key)) continue;
    const auto here = by_key_.find(key);
    ended.push_back(here->second.subject.id);
    remove(here->second);
    by_key_.erase(here);
  }
  std::swap(order_, next_order_);
  return ended;
}

bool ProcessTable::ended_in_scan(ProcessKey key) {
  const Entry* entry = entry_of(key);
  if (entry == nullptr || entry->scan == scan_) return false;
  // Out of order, one may have been met in its place and passed over again.
  return sorted_ ||
         std::none_of(next_order_.begin(), next_order_.end(),
                      [&](const Seen& seen) { return seen.key == key; });
}

SubjectId ProcessTable::on_fork(const ProcessSeen& child) {
  if (const Entry* known = entry_of(child.key)) return known->subject.id;
  const Entry* parent = entry_of(child.parent);
  if (!is_adopted(child.key.pid, child.parent) &&
      (parent == nullptr || !parent->subject.watched))
    return {};
  // Until it executes something, a child is what its parent is.
  Subject inherited;
  if (parent != nullptr) inherited = parent->subject;
  Entry& entry = create(child);
  entry.subject.command = std::move(inherited.command);
  entry.subject.exe = std::move(inherited.exe);
  entry.subject.cgroup = std::move(inherited.cgroup);
  publish(entry);
  return entry.subject.id;
}

void ProcessTable::on_exec(const ProcessSeen& seen) {
  if (Entry* entry = entry_of(seen.key)) refresh(*entry, seen);
}

void ProcessTable::on_exit(ProcessKey key) {
  Entry* entry = entry_of(key);
  if (entry == nullptr) return;
  entry->exited = true;
  unlist_watched(entry->subject.id);
}

const Subject* ProcessTable::find(ProcessKey key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : &it->second.subject;
}

const Subject* ProcessTable::find(SubjectId id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : find(it->second);
}

const Subject* ProcessTable::find_pid(Pid pid) const {
  const Entry* entry = entry_of(pid);
  return entry == nullptr ? nullptr : &entry->subject;
}

void ProcessTable::watch(SubjectId id) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return;
  Entry& entry = by_key_.at(it->second);
  if (entry.subject.watched) return;
  entry.subject.watched = true;
  publish(entry);
  spread_watch(alive());
}

std::vector<ProcessKey> ProcessTable::alive() const {
  std::vector<ProcessKey> all;
  all.reserve(by_key_.size());
  for (const auto& known : by_key_) all.push_back(known.first);
  return all;
}

void ProcessTable::classify_again() {
  for (auto& [key, entry] : by_key_) {
    if (!entry.exited) publish(entry);
  }
  spread_watch(alive());
}

void ProcessTable::set_role(SubjectId id, std::string_view role) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return;
  Entry& entry = by_key_.at(it->second);
  if (entry.subject.role == role) return;
  entry.subject.role = role;
  definer_.define_subject(entry.subject);
}

void ProcessTable::set_cgroup(SubjectId id, std::string_view path) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return;
  Entry& entry = by_key_.at(it->second);
  if (entry.subject.cgroup == path) return;
  entry.subject.cgroup = path;
  publish(entry);
}

const std::vector<SubjectId>& ProcessTable::watched() const { return watched_; }

size_t ProcessTable::size() const { return by_key_.size(); }

ProcessTable::Entry* ProcessTable::entry_of(ProcessKey key) {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : &it->second;
}

const ProcessTable::Entry* ProcessTable::entry_of(Pid pid) const {
  const auto it = by_pid_.find(pid.value);
  if (it == by_pid_.end()) return nullptr;
  const auto found = by_key_.find(it->second);
  return found == by_key_.end() ? nullptr : &found->second;
}

ProcessTable::Entry* ProcessTable::entry_of(Pid pid) {
  return const_cast<Entry*>(std::as_const(*this).entry_of(pid));
}

// A new life. The one that had the pid before, if its end was not noticed,
// ends with the scan: it will not be seen in it.
ProcessTable::Entry& ProcessTable::create(const ProcessSeen& seen) {
  Entry& entry = by_key_[seen.key];
  entry.exec_id = seen.exec_id;
  Subject& subject = entry.subject;
  subject.kind = SubjectKind::process;
  subject.name = seen.comm;
  subject.process = seen.key;
  subject.parent = seen.parent;
  subject.kernel_thread = seen.kernel_thread;
  by_pid_[seen.key.pid.value] = seen.key;
  fresh_.push_back(seen.key);
  return entry;
}

void ProcessTable::note_memory(Seen& known, int64_t rss_estimate) {
  if (rss_estimate < 0) return;
  if (known.rss_listed < 0) known.rss_listed = rss_estimate;
  const int64_t moved = std::abs(rss_estimate - known.rss_listed);
  if (moved < mover_threshold_ || movers_.size() == kMostMovers) return;
  known.rss_listed = rss_estimate;
  movers_.push_back(known.id);
}

void ProcessTable::refresh(Entry& entry, const ProcessSeen& seen) {
  if (entry.exited) return;
  Subject& subject = entry.subject;
  const bool ids_known = seen.exec_id != 0 && entry.exec_id != 0;
  // A kernel thread that works for others shows their name in its own.
  const bool renamed = !seen.kernel_thread && subject.name != seen.comm;
  const bool execed = ids_known ? seen.exec_id != entry.exec_id : renamed;
  const bool moved = subject.parent != seen.parent;
  if (seen.exec_id != 0) entry.exec_id = seen.exec_id;
  if (!renamed && !execed && !moved) return;
  if (renamed) subject.name = seen.comm;
  subject.parent = seen.parent;
  if (execed) {
    describe(subject);
    ++subject.exec_epoch;
  }
  publish(entry);
}

// Reads what /proc says of it once. Where the pid meanwhile is another's, or
// the process is gone, the fields stay as they are.
void ProcessTable::describe(Subject& subject) {
  const auto directory =
      procfs::ProcessDirectory::open(roots_.proc, subject.process);
  if (!directory) return;
  constexpr size_t kLimit = 1u << 20;
  if (const auto text = directory->read("cgroup", buffer_, kLimit)) {
    subject.cgroup = procfs::main_cgroup(*text);
  }
  if (subject.kernel_thread) return;
  if (const auto text = directory->read("cmdline", buffer_, 4 * kLimit)) {
    subject.command = command_of(*text);
  }
  subject.exe = directory->link("exe");
}

// Classifies and (re)defines the subject; only here is it watched or not.
void ProcessTable::publish(Entry& entry) {
  Subject& subject = entry.subject;
  const bool was_watched = subject.watched;
  if (classify_) classify_(subject);
  subject.watched = subject.watched || was_watched || parent_watched(subject);
  subject.id = definer_.define_subject(subject);
  by_id_[subject.id] = subject.process;
  if (subject.watched) list_watched(subject.id);
}

bool ProcessTable::parent_watched(const Subject& subject) const {
  if (is_adopted(subject.process.pid, subject.parent)) return true;
  const Entry* parent = entry_of(subject.parent);
  // A parent is older than its child; else the pid is another's by now.
  return parent != nullptr && parent->subject.watched &&
         parent->subject.process.start_ticks <= subject.process.start_ticks;
}

void ProcessTable::list_watched(SubjectId id) {
  const auto at = std::lower_bound(watched_.begin(), watched_.end(), id);
  if (at == watched_.end() || *at != id) watched_.insert(at, id);
}

void ProcessTable::unlist_watched(SubjectId id) {
  const auto at = std::lower_bound(watched_.begin(), watched_.end(), id);
  if (at != watched_.end() && *at == id) watched_.erase(at);
}

// Until nothing changes, since a chain may come in any order.
void ProcessTable::spread_watch(const std::vector<ProcessKey>& among) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const ProcessKey key : among) {
      Entry* entry = entry_of(key);
      if (entry == nullptr || entry->subject.watched) continue;
      if (!parent_watched(entry->subject)) continue;
      publish(*entry);
      changed = true;
    }
  }
}

void ProcessTable::remove(const Entry& entry) {
  const Subject& subject = entry.subject;
  definer_.end_subject(subject.id);
  by_id_.erase(subject.id);
  const auto pid = by_pid_.find(subject.process.pid.value);
  if (pid != by_pid_.end() && pid->second == subject.process) {
    by_pid_.erase(pid);
  }
  unlist_watched(subject.id);
}

}  // namespace tidemark
