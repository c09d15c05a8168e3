#include "cli/doors/perfmon_metric.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <vector>

#include "core/os/file.h"
#include "daemon/procfs/devices.h"
#include "daemon/procfs/key_values.h"
#include "daemon/procfs/process_stat.h"
#include "daemon/procfs/process_statm.h"

namespace tidemark {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// What is read here, by family; the first is meant when none is named.
struct Family {
  std::string_view name;
  std::string_view types;  // " a b c "
};
constexpr std::array<Family, 6> kHost = {{
    {"cpu", " combined idle system user iowait irq nice softirq stolen "},
    {"memory", " usedperc freeperc used free actualfree actualused ram total "},
    {"swap", " used pagein pageout free total "},
    {"disks", " queue reads writes readbytes writebytes "},
    {"network", " bytesrecv bytessent rx tx rxdrops rxerr txdrops txerr "},
    {"tcp",
     " estab time_wait close_wait close closing fin_wait1 fin_wait2 last_ack "
     "listen syn_recv syn_sent "},
}};
constexpr std::array<Family, 2> kProcess = {{
    {"cpu", " percent total system user "},
    {"memory", " resident virtual shared pagefaults majorfaults minorfaults "},
}};

std::optional<int32_t> parse_number(std::string_view text) {
  int32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end || number < 0) return std::nullopt;
  return number;
}

// False: it makes no sense.
bool take_parameter(std::string_view word, PerfmonField& field) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    field.type = word;
    return true;
  }
  const std::string_view key = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  if (key == "label") return true;
  if (key == "iface") {
    field.device = value;
    return true;
  }
  if (key == "unit") {
    field.unit = value == "kb" ? 1024 : value == "mb" ? 1024 * 1024 : 1;
    return true;
  }
  if (key != "pid" && key != "core") return false;
  const auto number = parse_number(value);
  if (number) (key == "pid" ? field.pid : field.core) = *number;
  return number.has_value();
}

bool choose_type(std::span<const Family> families, PerfmonField& field) {
  const auto found = std::ranges::find(families, field.family, &Family::name);
  if (found == families.end()) return false;
  if (field.type.empty()) {
    field.type = found->types.substr(1, found->types.find(' ', 1) - 1);
    return true;
  }
  return found->types.find(" " + field.type + " ") != std::string_view::npos;
}

// Words between colons; "\:" is a colon in a word.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ':') {
      words.back() += text[++i];
    } else if (text[i] == ':') {
      words.emplace_back();
    } else {
      words.back() += text[i];
    }
  }
  return words;
}

int64_t all_ticks(const procfs::CpuTimes& t) {
  return (t.user + t.nice + t.system + t.idle + t.iowait + t.irq + t.softirq +
          t.steal)
      .count;
}

int64_t ticks_of(const procfs::CpuTimes& t, std::string_view type) {
  if (type == "idle") return t.idle.count;
  if (type == "system") return t.system.count;
  if (type == "user") return t.user.count;
  if (type == "iowait") return t.iowait.count;
  if (type == "irq") return t.irq.count;
  if (type == "nice") return t.nice.count;
  if (type == "softirq") return t.softirq.count;
  if (type == "stolen") return t.steal.count;
  return all_ticks(t) - t.idle.count - t.iowait.count;
}

}  // namespace

std::optional<PerfmonField> parse_perfmon_field(std::string_view text) {
  const std::vector<std::string> words = split_words(text);
  PerfmonField field;
  field.family = words[0];
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].empty() && !take_parameter(words[i], field)) {
      return std::nullopt;
    }
  }
  const bool known =
      field.pid >= 0 ? choose_type(kProcess, field) : choose_type(kHost, field);
  if (!known) return std::nullopt;
  return field;
}

std::optional<procfs::CpuTimes> read_cpu_times(const std::string& proc,
                                               int32_t core,
                                               std::string& buffer) {
  std::vector<procfs::CpuTimes> cores;
  const auto text = read_file(proc + "/stat", buffer);
  if (!text) return std::nullopt;
  const auto stat = procfs::parse_host_stat(*text, cores);
  if (!stat) return std::nullopt;
  if (core < 0) return stat->all;
  const auto found = std::ranges::find(cores, core, &procfs::CpuTimes::cpu);
  if (found == cores.end()) return std::nullopt;
  return *found;
}

double PerfmonMetric::growth(double total) {
  const auto before = std::exchange(total_before_, total);
  return before ? total - *before : kNone;
}

double PerfmonMetric::read(int64_t now_ns) {
  if (!field_) return kNone;
  if (field_->pid >= 0) {
    return field_->family == "cpu" ? read_process_cpu(now_ns)
                                   : read_process_memory();
  }
  if (field_->family == "cpu") return read_cpu();
  if (field_->family == "memory") return read_memory();
  if (field_->family == "swap") return read_swap();
  if (field_->family == "disks") return read_disks();
  if (field_->family == "network") return read_network();
  return read_tcp();
}

double PerfmonMetric::read_cpu() {
  const auto now = read_cpu_times(proc_, field_->core, buffer_);
  if (!now) return kNone;
  const auto before = std::exchange(cpu_before_, *now);
  // The reading from before was of all cores.
  if (before.cpu != now->cpu) return kNone;
  const int64_t all = all_ticks(*now) - all_ticks(before);
  if (all <= 0) return kNone;
  return 100.0 *
         static_cast<double>(ticks_of(*now, field_->type) -
                             ticks_of(before, field_->type)) /
         static_cast<double>(all);
}

double PerfmonMetric::read_process_cpu(int64_t now_ns) {
  const auto text =
      read_file(proc_ + "/" + std::to_string(field_->pid) + "/stat", buffer_);
  if (!text) return kNone;
  const auto stat = procfs::parse_process_stat(*text);
  if (!stat) return kNone;
  const auto ms = [](Ticks ticks) {
    return 1000.0 * static_cast<double>(ticks.count) /
           static_cast<double>(::sysconf(_SC_CLK_TCK));
  };
  if (field_->type == "user") return ms(stat->user);
  if (field_->type == "system") return ms(stat->system);
  const double total = ms(stat->user + stat->system);
  if (field_->type == "total") return total;
  const int64_t before = std::exchange(time_before_, now_ns);
  const double grown = growth(total);
  if (now_ns <= before) return kNone;
  return 100.0 * grown / (static_cast<double>(now_ns - before) / 1e6);
}

double PerfmonMetric::read_process_memory() {
  const std::string folder = proc_ + "/" + std::to_string(field_->pid);
  if (field_->type.ends_with("faults")) {
    const auto text = read_file(folder + "/stat", buffer_);
    if (!text) return kNone;
    const auto stat = procfs::parse_process_stat(*text);
    if (!stat) return kNone;
    const auto major = static_cast<double>(stat->major_faults);
    const auto minor = static_cast<double>(stat->minor_faults);
    if (field_->type == "majorfaults") return major;
    return field_->type == "minorfaults" ? minor : major + minor;
  }
  const auto text = read_file(folder + "/statm", buffer_);
  if (!text) return kNone;
  const auto statm = procfs::parse_process_statm(*text);
  if (!statm) return kNone;
  const Pages pages = field_->type == "virtual"  ? statm->size
                      : field_->type == "shared" ? statm->shared
                                                 : statm->resident;
  return static_cast<double>(pages.count * ::sysconf(_SC_PAGESIZE)) /
         field_->unit;
}

double PerfmonMetric::read_memory() {
  std::array<procfs::KeyValue, 3> values = {
      {{"MemTotal"}, {"MemFree"}, {"MemAvailable"}}};
  const auto text = read_file(proc_ + "/meminfo", buffer_);
  if (!text || !procfs::parse_key_values("meminfo", *text, values) ||
      values[0].value <= 0) {
    return kNone;
  }
  const auto total = static_cast<double>(values[0].value);
  const auto free = static_cast<double>(values[1].value);
  const auto available = static_cast<double>(values[2].value);
  const std::string& type = field_->type;
  if (type == "usedperc") return 100.0 * (total - available) / total;
  if (type == "freeperc") return 100.0 * available / total;
  if (type == "ram") return total / (1024 * 1024);
  const double bytes = type == "used"         ? total - free
                       : type == "free"       ? free
                       : type == "actualfree" ? available
                       : type == "actualused" ? total - available
                                              : total;
  return bytes / field_->unit;
}

double PerfmonMetric::read_swap() {
  const bool moved = field_->type.starts_with("page");
  std::array<procfs::KeyValue, 2> values = {{{"SwapTotal"}, {"SwapFree"}}};
  if (moved) values = {{{"pswpin"}, {"pswpout"}}};
  const auto text =
      read_file(proc_ + (moved ? "/vmstat" : "/meminfo"), buffer_);
  if (!text || !procfs::parse_key_values("swap", *text, values)) return kNone;
  const auto first = static_cast<double>(values[0].value);
  const auto second = static_cast<double>(values[1].value);
  if (moved) return field_->type == "pagein" ? first : second;
  if (field_->type == "total") return first / field_->unit;
  return (field_->type == "free" ? second : first - second) / field_->unit;
}

double PerfmonMetric::read_disks() {
  std::vector<procfs::DiskStats> disks;
  const auto text = read_file(proc_ + "/diskstats", buffer_);
  if (!text || !procfs::parse_diskstats(*text, disks)) return kNone;
  const std::string& type = field_->type;
  double sum = 0;
  for (const procfs::DiskStats& disk : disks) {
    // Partitions are counted with their disk.
    if (::access(("/sys/block/" + std::string(disk.name)).c_str(), F_OK) != 0) {
      continue;
    }
    sum += static_cast<double>(type == "queue"       ? disk.in_flight
                               : type == "reads"     ? disk.reads
                               : type == "writes"    ? disk.writes
                               : type == "readbytes" ? disk.read.count
                                                     : disk.written.count);
  }
  if (type == "queue") return sum;
  return growth(type.ends_with("bytes") ? sum / field_->unit : sum);
}

double PerfmonMetric::read_network() {
  std::vector<procfs::NetDevice> devices;
  const auto text = read_file(proc_ + "/net/dev", buffer_);
  if (!text || !procfs::parse_net_dev(*text, devices)) return kNone;
  const std::string& type = field_->type;
  double sum = 0;
  bool found = false;
  for (const procfs::NetDevice& d : devices) {
    if (!field_->device.empty() && d.name != field_->device) continue;
    found = true;
    sum += static_cast<double>(type == "bytesrecv"   ? d.received.count
                               : type == "bytessent" ? d.sent.count
                               : type == "rx"        ? d.receive_packets
                               : type == "tx"        ? d.send_packets
                               : type == "rxdrops"   ? d.receive_drops
                               : type == "rxerr"     ? d.receive_errors
                               : type == "txdrops"   ? d.send_drops
                                                     : d.send_errors);
  }
  if (!found) return kNone;
  return growth(type.starts_with("bytes") ? sum / field_->unit : sum);
}

double PerfmonMetric::read_tcp() {
  // include/net/tcp_states.h; /proc/net/tcp prints them in hexadecimal.
  static const std::map<std::string_view, std::string_view> kStates = {
      {"estab", "01"},     {"syn_sent", "02"},   {"syn_recv", "03"},
      {"fin_wait1", "04"}, {"fin_wait2", "05"},  {"time_wait", "06"},
      {"close", "07"},     {"close_wait", "08"}, {"last_ack", "09"},
      {"listen", "0A"},    {"closing", "0B"}};
  const std::string_view state = kStates.at(field_->type);
  double count = 0;
  for (const char* file : {"/net/tcp", "/net/tcp6"}) {
    const auto text = read_file(proc_ + file, buffer_);
    if (!text) continue;
    for (size_t at = text->find('\n'); at != std::string_view::npos;
         at = text->find('\n', at + 1)) {
      // "   0: 0100007F:115C 00000000:0000 0A ..."
      const std::string_view line = text->substr(at + 1, 128);
      const size_t colon = line.find(": ");
      if (colon == std::string_view::npos) continue;
      const size_t local = line.find(' ', colon + 2);
      const size_t remote =
          local == std::string_view::npos ? local : line.find(' ', local + 1);
      if (remote == std::string_view::npos) continue;
      count += line.substr(remote + 1, 2) == state;
    }
  }
  return count;
}

}  // namespace tidemark
