#include "daemon/procfs/cgroup_values.h"

#include <algorithm>

#include "daemon/procfs/key_values.h"
#include "daemon/procfs/pressure.h"
#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

using Entry = CgroupFile::Entry;
using V = CgroupValue;

constexpr int64_t kMicrosecond = 1000;
constexpr int64_t kUserTick = 10'000'000;  // USER_HZ is 100 everywhere
// v1 says "unlimited" by the largest whole page below 2^63.
constexpr int64_t kUnlimited = int64_t{1} << 62;

constexpr Entry kMemory[] = {{"", V::memory}};
constexpr Entry kMemoryPeak[] = {{"", V::memory_peak}};
constexpr Entry kMemoryLimit[] = {{"", V::memory_limit}};
constexpr Entry kMemoryKernel[] = {{"", V::memory_kernel}};
constexpr Entry kMaxEvents[] = {{"", V::memory_max_events}};
constexpr Entry kSwap[] = {{"", V::swap}};
constexpr Entry kPids[] = {{"", V::pids}};
constexpr Entry kPidsLimit[] = {{"", V::pids_limit}};
constexpr Entry kCpuUsage[] = {{"", V::cpu_usage}};

constexpr Entry kStatV2[] = {
    {"anon", V::memory_anon},     {"file", V::memory_file},
    {"kernel", V::memory_kernel}, {"sock", V::memory_sock},
    {"shmem", V::memory_shmem},   {"slab", V::memory_slab},
    {"pgfault", V::faults},       {"pgmajfault", V::major_faults}};
constexpr Entry kStatV1[] = {
    {"total_cache", V::memory_file},  {"total_rss", V::memory_anon},
    {"total_shmem", V::memory_shmem}, {"total_swap", V::swap},
    {"total_pgfault", V::faults},     {"total_pgmajfault", V::major_faults}};
constexpr Entry kEvents[] = {{"high", V::memory_high_events},
                             {"max", V::memory_max_events},
                             {"oom_kill", V::oom_kills}};
constexpr Entry kOomControl[] = {{"oom_kill", V::oom_kills}};
constexpr Entry kCpuStatV2[] = {
    {"usage_usec", V::cpu_usage, kMicrosecond},
    {"user_usec", V::cpu_user, kMicrosecond},
    {"system_usec", V::cpu_system, kMicrosecond},
    {"nr_throttled", V::cpu_throttles},
    {"throttled_usec", V::cpu_throttled, kMicrosecond}};
constexpr Entry kCpuStatV1[] = {{"nr_throttled", V::cpu_throttles},
                                {"throttled_time", V::cpu_throttled}};
constexpr Entry kCpuacctStat[] = {{"user", V::cpu_user, kUserTick},
                                  {"system", V::cpu_system, kUserTick}};
constexpr Entry kIoStat[] = {{"rbytes", V::io_read_bytes},
                             {"wbytes", V::io_write_bytes},
                             {"rios", V::io_reads},
                             {"wios", V::io_writes}};
constexpr Entry kBlkioBytes[] = {{"Read", V::io_read_bytes},
                                 {"Write", V::io_write_bytes}};
constexpr Entry kBlkioCount[] = {{"Read", V::io_reads},
                                 {"Write", V::io_writes}};
constexpr Entry kCpuPressure[] = {{"some", V::pressure_cpu_some},
                                  {"full", V::pressure_cpu_full}};
constexpr Entry kMemoryPressure[] = {{"some", V::pressure_memory_some},
                                     {"full", V::pressure_memory_full}};
constexpr Entry kIoPressure[] = {{"some", V::pressure_io_some},
                                 {"full", V::pressure_io_full}};

using F = CgroupFormat;
constexpr CgroupFile kFilesV2[] = {
    {"", "memory.current", F::single, kMemory},
    {"", "memory.peak", F::single, kMemoryPeak},
    {"", "memory.max", F::single, kMemoryLimit},
    {"", "memory.swap.current", F::single, kSwap},
    {"", "memory.stat", F::keyed, kStatV2},
    {"", "memory.events", F::keyed, kEvents},
    {"", "cpu.stat", F::keyed, kCpuStatV2},
    {"", "io.stat", F::io_stat, kIoStat},
    {"", "pids.current", F::single, kPids},
    {"", "pids.max", F::single, kPidsLimit},
    {"", "cpu.pressure", F::pressure, kCpuPressure},
    {"", "memory.pressure", F::pressure, kMemoryPressure},
    {"", "io.pressure", F::pressure, kIoPressure},
};
constexpr CgroupFile kFilesV1[] = {
    {"memory", "memory.usage_in_bytes", F::single, kMemory},
    {"memory", "memory.max_usage_in_bytes", F::single, kMemoryPeak},
    {"memory", "memory.limit_in_bytes", F::single, kMemoryLimit},
    {"memory", "memory.kmem.usage_in_bytes", F::single, kMemoryKernel},
    {"memory", "memory.failcnt", F::single, kMaxEvents},
    {"memory", "memory.stat", F::keyed, kStatV1},
    {"memory", "memory.oom_control", F::keyed, kOomControl},
    {"cpu", "cpu.stat", F::keyed, kCpuStatV1},
    {"cpuacct", "cpuacct.usage", F::single, kCpuUsage},
    {"cpuacct", "cpuacct.stat", F::keyed, kCpuacctStat},
    {"blkio", "blkio.throttle.io_service_bytes_recursive", F::blkio,
     kBlkioBytes},
    {"blkio", "blkio.throttle.io_serviced_recursive", F::blkio, kBlkioCount},
    {"pids", "pids.current", F::single, kPids},
    {"pids", "pids.max", F::single, kPidsLimit},
};

std::optional<int64_t>& slot(CgroupValues& values, CgroupValue value) {
  return values[static_cast<size_t>(value)];
}

void set(CgroupValues& values, const Entry& entry, int64_t value) {
  if (value >= kUnlimited || value > INT64_MAX / entry.scale) return;
  slot(values, entry.value) = value * entry.scale;
}

void add(CgroupValues& values, const Entry& entry, int64_t value) {
  std::optional<int64_t>& sum = slot(values, entry.value);
  if (value > INT64_MAX - sum.value_or(0)) return;
  sum = sum.value_or(0) + value;
}

Status parse_single(const CgroupFile& file, std::string_view text,
                    CgroupValues& values) {
  const auto value = parse_limit(TextCursor(text).word());
  if (!value) return malformed(file.name, "no number");
  set(values, file.entries.front(), *value);
  return {};
}

Status parse_keyed(const CgroupFile& file, std::string_view text,
                   CgroupValues& values) {
  std::array<KeyValue, 8> wanted;
  const size_t count = std::min(wanted.size(), file.entries.size());
  for (size_t i = 0; i < count; ++i) wanted[i].key = file.entries[i].key;
  TIDEMARK_CHECK(
      parse_key_values(file.name, text, std::span(wanted).first(count)));
  for (size_t i = 0; i < count; ++i) {
    if (wanted[i].present) set(values, file.entries[i], wanted[i].value);
  }
  return {};
}

// "8:0 rbytes=1 wbytes=2 ...", a line for each device; no line: no I/O yet.
Status parse_io_stat(const CgroupFile& file, std::string_view text,
                     CgroupValues& values) {
  for (const Entry& entry : file.entries) add(values, entry, 0);
  TextCursor words(text);
  for (auto word = words.word(); !word.empty(); word = words.word()) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    for (const Entry& entry : file.entries) {
      if (word.substr(0, equals) != entry.key) continue;
      const auto value = parse_number(word.substr(equals + 1));
      if (!value) return malformed(file.name, "a field is no number");
      add(values, entry, *value);
    }
  }
  return {};
}

// "8:0 Read 123", some lines for each device, and "Total 456".
Status parse_blkio(const CgroupFile& file, std::string_view text,
                   CgroupValues& values) {
  for (const Entry& entry : file.entries) add(values, entry, 0);
  for (TextCursor lines(text); !lines.at_end();) {
    TextCursor words(lines.line());
    words.skip(1);
    const std::string_view key = words.word();
    for (const Entry& entry : file.entries) {
      if (key != entry.key) continue;
      const auto value = words.number();
      if (!value) return malformed(file.name, "a field is no number");
      add(values, entry, *value);
    }
  }
  return {};
}

Status parse_pressure_file(const CgroupFile& file, std::string_view text,
                           CgroupValues& values) {
  TIDEMARK_TRY(const auto pressure, parse_pressure(text));
  if (pressure.some) set(values, file.entries[0], pressure.some->count());
  if (pressure.full) set(values, file.entries[1], pressure.full->count());
  return {};
}

}  // namespace

std::span<const CgroupFile> cgroup_files_v1() { return kFilesV1; }
std::span<const CgroupFile> cgroup_files_v2() { return kFilesV2; }

Status parse_cgroup_file(const CgroupFile& file, std::string_view text,
                         CgroupValues& values) {
  switch (file.format) {
    case CgroupFormat::single: return parse_single(file, text, values);
    case CgroupFormat::keyed: return parse_keyed(file, text, values);
    case CgroupFormat::io_stat: return parse_io_stat(file, text, values);
    case CgroupFormat::blkio: return parse_blkio(file, text, values);
    case CgroupFormat::pressure: return parse_pressure_file(file, text, values);
  }
  return {};
}

}  // namespace tidemark::procfs
