#include "probes/scan_totals.h"

#include <algorithm>
#include <cstring>

namespace tidemark {
namespace {

using Process = tidemark_process_record;
using Thread = tidemark_thread_record;

template <typename Record>
Record read(const std::byte* bytes) {
  Record record;
  std::memcpy(&record, bytes, sizeof record);
  return record;
}

// The size of the record that begins here; 0 while too little is known.
size_t record_size(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(Thread)) return 0;
  const auto head = read<Thread>(bytes.data());
  return head.tgid == head.tid ? sizeof(Process) : sizeof(Thread);
}

// The fields that add up over threads, and never fall.
template <typename Fn>
void for_each_counter(Fn&& fn) {
  fn(&tidemark_usage::user_ns);
  fn(&tidemark_usage::system_ns);
  fn(&tidemark_usage::runtime_ns);
  fn(&tidemark_usage::minor_faults);
  fn(&tidemark_usage::major_faults);
  fn(&tidemark_usage::voluntary_switches);
  fn(&tidemark_usage::involuntary_switches);
}

template <typename Fn>
void for_each_io(Fn&& fn) {
  fn(&tidemark_io::rchar);
  fn(&tidemark_io::wchar);
  fn(&tidemark_io::read);
  fn(&tidemark_io::write);
  fn(&tidemark_io::cancelled_write);
}

void add(tidemark_usage& sum, const tidemark_usage& part) {
  for_each_counter([&](auto field) { sum.*field += part.*field; });
  for_each_io([&](auto field) { sum.io.*field += part.io.*field; });
  sum.run_delay_ns += part.run_delay_ns;
}

void raise_to(tidemark_usage& now, const tidemark_usage& before) {
  for_each_counter(
      [&](auto field) { now.*field = std::max(now.*field, before.*field); });
  for_each_io([&](auto field) {
    now.io.*field = std::max(now.io.*field, before.io.*field);
  });
}

int64_t to_signed(uint64_t value) {
  return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
}

}  // namespace

ScanTotals::ScanTotals(int64_t ticks_per_second)
    : ns_per_tick_(1'000'000'000 / static_cast<uint64_t>(ticks_per_second)) {}

void ScanTotals::begin() {
  processes_.clear();
  threads_.clear();
  cut_.clear();
}

Status ScanTotals::feed(std::span<const std::byte> bytes) {
  if (!cut_.empty()) {
    cut_.insert(cut_.end(), bytes.begin(), bytes.end());
    bytes = cut_;
  }
  while (true) {
    const size_t size = record_size(bytes);
    if (size == 0 || bytes.size() < size) break;
    if (size == sizeof(Process)) {
      processes_.push_back(read<Process>(bytes.data()));
    } else {
      threads_.push_back(read<Thread>(bytes.data()));
    }
    bytes = bytes.subspan(size);
  }
  // `bytes` may lie in cut_ itself.
  std::vector<std::byte>& rest = cut_;
  if (!rest.empty() && !bytes.empty()) {
    std::memmove(rest.data(), bytes.data(), bytes.size());
    rest.resize(bytes.size());
  } else {
    rest.assign(bytes.begin(), bytes.end());
  }
  return {};
}

Status ScanTotals::finish(ProcessScan::Visitor& visitor) {
  if (!cut_.empty()) {
    return fail(ErrorKind::malformed, "the task iterator ended in a record");
  }
  add_threads();
  tell(processes_, visitor);
  return {};
}

void ScanTotals::tell(std::span<const Process> records,
                      ProcessScan::Visitor& visitor) {
  cursor_ = ended_ = 0;
  fresh_.clear();
  constexpr auto by_tgid = [](const auto& a, const auto& b) {
    return a.tgid < b.tgid;
  };
  if (std::is_sorted(records.begin(), records.end(), by_tgid)) {
    for (const Process& record : records) tell_one(record, visitor);
  } else {
    // Pids have wrapped around since the oldest of them began.
    order_.clear();
    for (const Process& record : records) {
      order_.push_back({record.tgid, static_cast<uint32_t>(order_.size())});
    }
    std::sort(order_.begin(), order_.end(), by_tgid);
    for (const Order& next : order_) tell_one(records[next.index], visitor);
  }
  drop_ended();
}

void ScanTotals::add_threads() {
  // Pids come in rising order; a thread's may be lower than its leader's.
  for (const Thread& thread : threads_) {
    const auto at =
        std::lower_bound(processes_.begin(), processes_.end(), thread.tgid,
                         [](const Process& process, uint32_t tgid) {
                           return process.tgid < tgid;
                         });
    if (at != processes_.end() && at->tgid == thread.tgid) {
      add(at->usage, thread.usage);
    }
  }
}

void ScanTotals::tell_one(const Process& record,
                          ProcessScan::Visitor& visitor) {
  Told& told = told_of(record);
  update(told, record);
  visitor.visit(scanned(record, told));
}

// What was told of this life before, or a new one.
ScanTotals::Told& ScanTotals::told_of(const Process& record) {
  for (; cursor_ < told_.size(); ++cursor_) {
    Told& next = told_[cursor_];
    if (next.tgid > record.tgid) break;
    if (next.tgid == record.tgid &&
        next.start_boot_ns == record.start_boot_ns) {
      ++cursor_;
      return next;
    }
    next.tgid = 0;
    ++ended_;
  }
  Told& fresh = fresh_.emplace_back();
  fresh.tgid = record.tgid;
  fresh.start_boot_ns = record.start_boot_ns;
  fresh.cpu = {record.prev_user_ns, record.prev_system_ns};
  return fresh;
}

void ScanTotals::drop_ended() {
  ended_ += told_.size() - cursor_;
  if (ended_ == 0 && fresh_.empty()) return;
  told_.resize(cursor_);
  std::erase_if(told_, [](const Told& told) { return told.tgid == 0; });
  merged_.resize(told_.size() + fresh_.size());
  std::merge(told_.begin(), told_.end(), fresh_.begin(), fresh_.end(),
             merged_.begin(),
             [](const Told& a, const Told& b) { return a.tgid < b.tgid; });
  std::swap(told_, merged_);
}

void ScanTotals::update(Told& told, const Process& record) {
  // An ended thread takes its run delay along: what it had is kept.
  if (record.usage.run_delay_ns < told.usage.run_delay_ns) {
    told.run_delay_kept_ns +=
        told.usage.run_delay_ns - record.usage.run_delay_ns;
  }
  raise_to(told.usage, record.usage);
  told.usage.run_delay_ns = record.usage.run_delay_ns;
  // A reader of /proc may have been told another split meanwhile. It is taken
  // over where nothing we told is taken back; else parts of both would add up
  // to more than was ever used.
  const CpuTime kernel{record.prev_user_ns, record.prev_system_ns};
  if (kernel.user_ns >= told.cpu.user_ns &&
      kernel.system_ns >= told.cpu.system_ns) {
    told.cpu = kernel;
  }
  told.cpu = split_runtime({told.usage.user_ns, told.usage.system_ns},
                           told.usage.runtime_ns, told.cpu);
}

ScannedProcess ScanTotals::scanned(const Process& record,
                                   const Told& told) const {
  const tidemark_usage& usage = told.usage;
  ScannedProcess process;
  process.key = {Pid{static_cast<int32_t>(record.tgid)},
                 record.start_boot_ns / ns_per_tick_};
  process.parent = Pid{static_cast<int32_t>(record.parent)};
  process.comm =
      std::string_view(record.comm, ::strnlen(record.comm, sizeof record.comm));
  process.exec_id = record.exec_id;
  process.kernel_thread = (record.flags & TIDEMARK_KERNEL_THREAD) != 0;
  process.zombie = record.exit_state != 0;
  process.has_memory = (record.flags & TIDEMARK_HAS_MM) != 0;
  // A counter that no CPU has added up yet may be below zero.
  process.rss_file_pages = std::max<int64_t>(0, record.rss_file_pages);
  process.rss_anon_pages = std::max<int64_t>(0, record.rss_anon_pages);
  process.rss_shmem_pages = std::max<int64_t>(0, record.rss_shmem_pages);
  process.swap_pages = std::max<int64_t>(0, record.swap_pages);
  process.threads = record.threads;
  process.cpu_user_ns = to_signed(told.cpu.user_ns);
  process.cpu_system_ns = to_signed(told.cpu.system_ns);
  process.minor_faults = to_signed(usage.minor_faults);
  process.major_faults = to_signed(usage.major_faults);
  process.voluntary_switches = to_signed(usage.voluntary_switches);
  process.involuntary_switches = to_signed(usage.involuntary_switches);
  process.run_delay_ns = to_signed(usage.run_delay_ns + told.run_delay_kept_ns);
  process.io_rchar = to_signed(usage.io.rchar);
  process.io_wchar = to_signed(usage.io.wchar);
  process.io_read_bytes = to_signed(usage.io.read);
  process.io_write_bytes = to_signed(usage.io.write);
  process.io_cancelled_write_bytes = to_signed(usage.io.cancelled_write);
  return process;
}

}  // namespace tidemark
