// The host: CPUs as meters, memory by kind, how long tasks waited (pressure),
// disks and network, all over the run.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tui/figures.h"
#include "tui/header.h"
#include "tui/host_rows.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kDim{Tone::dim, false, false};

constexpr std::array<TableColumn, 8> kDiskColumns = {{
    {"DISK", 10, 14, 100, false},
    {"BUSY%", 5, 5, 90},
    {"R/s", 6, 6, 95},
    {"W/s", 6, 6, 94},
    {"READS", 6, 6, 60},
    {"WRITES", 6, 6, 55},
    {"WAIT", 7, 7, 80},
    {"QUEUE", 5, 5, 50},
}};
constexpr std::array<TableColumn, 7> kNetColumns = {{
    {"NETWORK", 10, 14, 100, false},
    {"IN/s", 6, 6, 95},
    {"OUT/s", 6, 6, 94},
    {"PKT IN", 6, 6, 60},
    {"PKT OUT", 7, 7, 55},
    {"ERRORS", 6, 6, 80},
    {"DROPS", 5, 5, 70},
}};

std::string disk_cell(const DiskRow& row, size_t column) {
  switch (column) {
    case 0: return row.name;
    case 1: return or_dash(row.busy, short_percent);
    case 2: return or_dash(row.read, short_bytes);
    case 3: return or_dash(row.write, short_bytes);
    case 4: return or_dash(row.reads, short_count);
    case 5: return or_dash(row.writes, short_count);
    case 6: return or_dash(row.wait_seconds, seconds_short);
    default: return or_dash(row.in_flight, short_count);
  }
}

std::string net_cell(const NetRow& row, size_t column) {
  switch (column) {
    case 0: return row.name;
    case 1: return or_dash(row.receive, short_bytes);
    case 2: return or_dash(row.send, short_bytes);
    case 3: return or_dash(row.packets_in, short_count);
    case 4: return or_dash(row.packets_out, short_count);
    case 5: return or_dash(row.errors, short_count);
    default: return or_dash(row.drops, short_count);
  }
}

Style figure_style(std::string_view text, size_t column, bool bad_column) {
  const bool quiet = text == "-" || text == "0";
  if (bad_column && !quiet) return {Tone::bad, true, false};
  return {quiet ? Tone::dim : Tone::normal, column == 0, false};
}

template <typename Row, size_t N>
void draw_device_table(const Pane& pane,
                       const std::array<TableColumn, N>& columns,
                       const std::vector<Row>& rows,
                       std::string (*cell)(const Row&, size_t),
                       size_t first_bad) {
  const auto placed = place_columns(columns, pane.width());
  for (const PlacedColumn& place : placed) {
    draw_cell(pane, 0, columns[place.index], place, columns[place.index].title,
              {Tone::title, false, false});
  }
  for (int y = 1; y < pane.height(); ++y) {
    const auto i = static_cast<size_t>(y - 1);
    if (i >= rows.size()) break;
    for (const PlacedColumn& place : placed) {
      const std::string text = cell(rows[i], place.index);
      draw_cell(pane, y, columns[place.index], place, text,
                figure_style(text, place.index, place.index >= first_bad));
    }
  }
  if (rows.empty()) pane.text(2, 1, "none read", kDim);
}

class HostView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const HostRows rows =
        make_host_rows(model.shown(), model.input().dictionary);
    const int meters = draw_cpus(pane, rows);
    const int tables = tables_height(pane.height(), rows);
    const int memory = draw_memory(
        pane.sub({0, pane.height() - tables - 2, pane.width(), 2}), rows);
    const int room = pane.height() - meters - memory - tables;
    draw_curves(pane.sub({0, meters, pane.width(), room}), model,
                curves(model, rows), room, 4);
    draw_devices(pane.sub({0, pane.height() - tables, pane.width(), tables}),
                 rows);
  }

  std::optional<ViewRequest> act(Action, const ViewModel&) override {
    return std::nullopt;
  }

 private:
  // The most telling first: those at the end find no room on a small screen.
  static std::vector<Curve> curves(const ViewModel& model,
                                   const HostRows& rows) {
    const RunHistory& history = model.courses();
    const auto host = [&](HostCourse course) { return history.host(course); };
    using enum HostCourse;
    return drawable({
        {"cpu", host(cpu), percent_sign, Tone::cpu},
        {"wait cpu", host(pressure_cpu), percent_sign, Tone::warn},
        {"memory", host(memory), short_bytes, Tone::memory, true, true,
         rows.memory_total},
        {"wait mem", host(pressure_memory), percent_sign, Tone::warn},
        {"wait io", host(pressure_io), percent_sign, Tone::warn},
        {"disk read", host(disk_read), bytes_per_second, Tone::ops, false,
         true},
        {"disk write", host(disk_write), bytes_per_second, Tone::ops, false,
         true},
        {"net in", host(net_receive), bytes_per_second, Tone::handles, false,
         true},
        {"net out", host(net_send), bytes_per_second, Tone::handles, false,
         true},
        {"switches", host(switches), short_count, Tone::dim},
        {"forks", host(forks), short_count, Tone::dim},
        {"swap", host(swap), short_bytes, Tone::memory, false, true},
    });
  }

  static int tables_height(int height, const HostRows& rows) {
    const size_t longest = std::max(rows.disks.size(), rows.nets.size());
    const int wanted = 1 + static_cast<int>(std::clamp<size_t>(longest, 1, 8));
    return std::min(wanted, std::max(height / 4, 3));
  }

  // Meters as htop draws them; as many beside each other as fit.
  static int draw_cpus(const Pane& pane, const HostRows& rows) {
    draw_rule(pane, 0, "host", host_notes(rows));
    const int count = static_cast<int>(rows.cpus.size());
    if (count == 0) return 1;
    const int most = std::max(pane.height() / 5, 1);
    const int columns =
        std::clamp((count + most - 1) / most, std::min(count, 2),
                   std::max(pane.width() / 16, 1));
    const int width = pane.width() / columns;
    const int lines = std::min((count + columns - 1) / columns, most);
    for (int i = 0; i < std::min(count, lines * columns); ++i) {
      const CpuRow& cpu = rows.cpus[static_cast<size_t>(i)];
      const Pane cell =
          pane.sub({i % columns * width, 1 + i / columns, width, 1});
      const double parts[] = {cpu.user.value_or(0), cpu.system.value_or(0),
                              cpu.steal.value_or(0)};
      constexpr Tone kTones[] = {Tone::good, Tone::bad, Tone::warn};
      draw_meter(cell, cpu.name, parts, kTones,
                 or_dash(cpu.busy, percent_sign));
    }
    return 1 + lines;
  }

  static std::vector<std::string> host_notes(const HostRows& rows) {
    std::vector<std::string> notes;
    notes.push_back(fmt::format("{} cpus", rows.cpus.size()));
    if (rows.running) {
      notes.push_back("running " + short_count(*rows.running));
    }
    if (rows.blocked) {
      notes.push_back("blocked " + short_count(*rows.blocked));
    }
    if (rows.oom_kills.value_or(0) > 0) {
      notes.push_back("OOM kills since boot " + short_count(*rows.oom_kills));
    }
    return notes;
  }

  // A meter of what memory is used for, and its kinds in figures.
  static int draw_memory(const Pane& pane, const HostRows& rows) {
    if (!rows.memory_total || *rows.memory_total <= 0) return 0;
    const double total = *rows.memory_total;
    const double parts[] = {
        rows.anon.value_or(0) / total, rows.shmem.value_or(0) / total,
        rows.kernel.value_or(0) / total, rows.cached.value_or(0) / total};
    constexpr Tone kTones[] = {Tone::good, Tone::memory, Tone::bad, Tone::warn};
    const std::string used =
        rows.available ? short_bytes(total - *rows.available) : "-";
    draw_meter(pane.sub({0, 0, pane.width(), 1}), "mem", parts, kTones,
               used + "/" + short_bytes(total));
    const auto part = [](const char* label, std::optional<double> bytes,
                         int weight) {
      return Part{label, or_dash(bytes, short_bytes), {}, weight};
    };
    draw_parts(pane, 1,
               {part("anon", rows.anon, 100), part("shmem", rows.shmem, 90),
                part("cache", rows.cached, 95), part("kernel", rows.kernel, 85),
                part("dirty", rows.dirty, 60), part("free", rows.free, 70),
                part("swap", rows.swap_used, 80),
                part("promised", rows.committed, 50)});
    return 2;
  }

  static void draw_devices(const Pane& pane, const HostRows& rows) {
    const int half = pane.width() / 2;
    draw_device_table(pane.sub({0, 0, half, pane.height()}), kDiskColumns,
                      rows.disks, disk_cell, std::size(kDiskColumns));
    draw_device_table(pane.sub({half, 0, pane.width() - half, pane.height()}),
                      kNetColumns, rows.nets, net_cell, 5);
  }
};

}  // namespace

std::unique_ptr<View> make_host_view() { return std::make_unique<HostView>(); }

}  // namespace tidemark
