// The report for a terminal: verdict first, then findings, phases, spans,
// what happened, and how good the data is. At most 100 columns.
#include "core/base/text.h"

#include <fmt/format.h>

#include <cmath>

#include "report/baselines/compared_runs.h"
#include "report/baselines/comparison_text.h"
#include "report/format.h"
#include "report/gate_lines.h"
#include "report/phase_groups.h"
#include "report/report.h"
#include "report/sentences.h"
#include "report/site_text.h"
#include "report/survey.h"
#include "report/table.h"
#include "report/waiting.h"
#include "report/wording.h"

namespace tidemark {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kMostProcesses = 6;  // of a phase; -v shows all
constexpr size_t kMostPhases = 24;
constexpr size_t kMostNotes = 12;

enum class Style : uint8_t { bold, dim, red, yellow, green };

class Writer {
 public:
  Writer(const ReportData& data, const FormatOptions& options, std::string& out)
      : data_(data), options_(options), out_(out) {}

  void write();

 private:
  std::string paint(Style style, const std::string& text) const;
  void heading(const char* title) {
    out_ += "\n" + paint(Style::bold, title) + "\n";
  }
  void header();
  void banner();
  void gates();
  void comparison();
  void findings();
  void suppressions();
  void sites();
  void phases();
  void phase(TextTable& table, const PhaseGroup& group);
  void spans(const std::vector<PhaseGroup>& groups);
  void notes();
  void degradations();
  void quality();
  void fact(const char* name, const std::string& text, bool is_bad = false);

  const ReportData& data_;
  const FormatOptions& options_;
  std::string& out_;
};

std::string Writer::paint(Style style, const std::string& text) const {
  if (!options_.color) return text;
  static constexpr const char* kCodes[] = {"1", "2", "1;31", "1;33", "1;32"};
  return std::string("\033[") + kCodes[static_cast<size_t>(style)] + "m" +
         text + "\033[0m";
}

std::string clean(const std::string& raw) { return sanitize_terminal(raw); }

struct Mark {
  const char* sign;
  Style style;
};

Mark mark_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::leak: return {"✗", Style::red};
    case Verdict::suspect: return {"!", Style::yellow};
    case Verdict::saturating: return {"~", Style::yellow};
    case Verdict::step: return {"~", Style::yellow};
    case Verdict::inconclusive: return {"?", Style::yellow};
    case Verdict::startup:
    case Verdict::none: return {"✓", Style::green};
  }
  return {"?", Style::yellow};
}

void Writer::header() {
  std::string title = "Tidemark report";
  if (!data_.run_name.empty()) title += " · " + clean(data_.run_name);
  out_ += paint(Style::bold, fit(title, kWidth)) + "\n";
  std::string line = fmt::format("{} UTC · {}", format_utc(data_.begin_ns),
                                 seconds_text(data_.seconds()));
  if (!data_.info.host.empty()) line += " · " + clean(data_.info.host);
  line += " · " + clean(data_.testbed);
  out_ += wrap(line, kWidth, 0) + "\n";
  if (!data_.command.empty()) {
    out_ += fit("$ " + clean(data_.command), kWidth) + "\n";
  }
}

void Writer::banner() {
  static constexpr const char* kWords[] = {"✓ PASS", "! WARNING", "✗ FAIL",
                                           "? INCONCLUSIVE"};
  static constexpr Style kStyles[] = {Style::green, Style::yellow, Style::red,
                                      Style::yellow};
  const auto status = static_cast<size_t>(data_.status);
  const std::string word = kWords[status];
  const std::string text =
      wrap(clean(word + "  " + headline(data_)), kWidth, 2);
  // The word alone is painted: it is the first of the first line.
  out_ += "\n" + paint(kStyles[status], word) + text.substr(word.size()) + "\n";
  if (!data_.aborted.empty()) {
    out_ += paint(Style::red, "✗ ABORTED") +
            wrap("  " + clean(data_.aborted), kWidth, 2) + "\n";
  } else if (data_.command_signal) {
    out_ +=
        paint(Style::red, "✗ ABORTED") +
        fmt::format("  the command died of signal {}\n", *data_.command_signal);
  } else if (data_.command_exit_code.value_or(0) != 0) {
    out_ += fmt::format("  The command exited with {}.\n",
                        *data_.command_exit_code);
  }
  if (data_.lost_data()) {
    out_ += paint(Style::red, "✗ DATA LOST") +
            "  the recording is damaged; see Data below\n";
  }
}

Mark mark_of(GateStatus status) {
  static constexpr Style kStyles[] = {Style::green, Style::yellow, Style::red,
                                      Style::yellow};
  return {gate_sign(status), kStyles[static_cast<size_t>(status)]};
}

void Writer::gates() {
  if (data_.gates.empty()) return;
  heading("Gates");
  for (const GateResult& gate : data_.gates) {
    const Mark mark = mark_of(gate.status);
    out_ += "  " + paint(mark.style, mark.sign) + " " +
            wrap(clean(gate_line(gate)), kWidth, 4) + "\n";
  }
  out_ += "  " + wrap(gate_summary(data_), kWidth, 2) + "\n";
}

void Writer::comparison() {
  if (data_.compared == nullptr) return;
  heading("Against the baseline");
  ComparisonLook look;
  look.color = options_.color;
  look.all = options_.detail;
  out_ += comparison_text(data_.compared->comparison, look);
}

void Writer::findings() {
  heading("Findings");
  const std::vector<Sentence> all = sentences(data_);
  for (const Sentence& sentence : all) {
    const Mark mark = mark_of(sentence.verdict);
    out_ += "  " + paint(mark.style, mark.sign) + " " +
            wrap(clean(sentence.text), kWidth, 4) + "\n";
  }
  if (all.empty()) out_ += "  none: " + why_not_judged(data_) + "\n";
  if (data_.summary.too_brief > 0) {
    out_ += fmt::format("  {} watched {} lived too briefly to be judged.\n",
                        data_.summary.too_brief,
                        data_.summary.too_brief == 1 ? "process" : "processes");
  }
}

void Writer::suppressions() {
  if (data_.suppressions.empty()) return;
  heading("Known leaks");
  for (const SuppressionUse& use : data_.suppressions) {
    const char* sign = use.expired ? "!" : use.findings > 0 ? "~" : " ";
    const char* state = use.expired         ? "EXPIRED, counts again: "
                        : use.findings == 0 ? "meets nothing: "
                                            : "suppressed: ";
    const std::string line = state + suppression_text(use.suppression);
    out_ += "  " + paint(Style::yellow, sign) + " " +
            wrap(clean(line), kWidth, 4) + "\n";
  }
}

void Writer::sites() {
  const std::string text = sites_text(data_, kWidth, options_.detail);
  if (text.empty()) return;
  heading("Sites");
  out_ += text;
}

std::string or_blank(bool is_known, std::string text) {
  return is_known ? std::move(text) : "-";
}

std::string role_name(const RoleUse& use) {
  const size_t n = use.processes.size();
  const std::string times = n > 1 ? fmt::format(" ×{}", n) : "";
  return fit(clean(use.role), 16 - display_width(times)) + times;
}

std::vector<std::string> cells(const RoleUse& use) {
  const double ops = use.ops;
  return {
      role_name(use),
      seconds_text(use.cpu_seconds),
      ratio_text(use.cpu_ratio()),
      or_blank(ops > 0, seconds_text(use.cpu_seconds / std::max(ops, 1.0))),
      or_blank(use.rss_known, format_bytes(use.rss_peak_bytes)),
      or_blank(use.rss_known, format_bytes_signed(use.rss_growth_bytes)),
      or_blank(ops > 0 && use.rss_known,
               format_bytes_signed(use.rss_growth_bytes / std::max(ops, 1.0))),
      format_bytes(static_cast<double>(use.io_read_bytes)),
      format_bytes(static_cast<double>(use.io_write_bytes)),
      or_blank(use.fds_known, format_count(use.fds_last)),
      or_blank(use.threads_known, format_count(use.threads_last)),
  };
}

std::string group_title(const PhaseGroup& group) {
  std::string text = clean(group.path);
  if (group.cycles > 1) text += fmt::format(" ×{}", group.cycles);
  if (group.kind != PhaseKind::custom && group.path != "run") {
    const char* kind = phase_kind_name(group.kind);
    if (group.path != kind) text += std::string(" (") + kind + ")";
  }
  text += ", " + seconds_text(group.seconds);
  for (const auto& [name, count] : group.ops) {
    const auto n = static_cast<double>(count);
    text += fmt::format(", {} {}", format_count(n), clean(name));
    if (group.seconds > 0) {
      text +=
          fmt::format(" ({}/s)", format_count(std::round(n / group.seconds)));
    }
  }
  if (group.aborted > 0) text += fmt::format(", {} aborted", group.aborted);
  return text;
}

void Writer::phase(TextTable& table, const PhaseGroup& group) {
  table.add_section("  " +
                    paint(Style::bold, fit(group_title(group), kWidth - 2)));
  size_t shown = 0;
  for (const RoleUse& use : group.roles) {
    if (shown++ == kMostProcesses && !options_.detail) {
      table.add_section(fmt::format("    and {} more, with less CPU (-v)",
                                    group.roles.size() - kMostProcesses));
      break;
    }
    table.add(cells(use));
  }
}

void Writer::phases() {
  const auto groups = options_.detail ? each_phase(data_) : group_phases(data_);
  heading("Phases");
  using enum TextTable::Align;
  TextTable table({{"process", left, 16},
                   {"CPU", right},
                   {"core", right},
                   {"CPU/op", right},
                   {"memory", right},
                   {"grew", right},
                   {"grew/op", right},
                   {"read", right, 12, 1},
                   {"written", right, 12, 2},
                   {"fds", right, 12, 3},
                   {"thr", right, 12, 4}});
  size_t shown = 0;
  for (const PhaseGroup& group : groups) {
    if (shown++ == kMostPhases && !options_.detail) {
      table.add_section(fmt::format("  and {} more phases (-v)",
                                    groups.size() - kMostPhases));
      break;
    }
    phase(table, group);
  }
  out_ += table.render("    ", kWidth);
  spans(groups);
}

void Writer::spans(const std::vector<PhaseGroup>& groups) {
  using enum TextTable::Align;
  TextTable table({{"span", left, 22},
                   {"calls", right},
                   {"errors", right},
                   {"per s", right},
                   {"mean", right, 12, 1},
                   {"p50", right},
                   {"p90", right},
                   {"p99", right},
                   {"max", right}});
  size_t shown = 0;
  for (const PhaseGroup& group : groups) {
    if (group.spans.empty()) continue;
    if (shown++ == kMostPhases && !options_.detail) break;
    table.add_section("  " + paint(Style::bold, fit(clean(group.path), 60)));
    for (const SpanStats& span : group.spans) {
      table.add({clean(span.name),
                 format_count(static_cast<double>(span.count)),
                 format_count(static_cast<double>(span.errors)),
                 format_count(span.per_second), nanoseconds_text(span.mean_ns),
                 nanoseconds_text(span.p50_ns), nanoseconds_text(span.p90_ns),
                 nanoseconds_text(span.p99_ns), nanoseconds_text(span.max_ns)});
    }
  }
  if (table.empty()) return;
  heading("Spans");
  out_ += table.render("    ", kWidth);
  for (const std::string& note : waiting_notes(data_)) {
    out_ += "  " + wrap(clean(note), kWidth, 2) + "\n";
  }
}

void Writer::notes() {
  const std::vector<News> news = gather_news(data_);
  if (news.empty()) return;
  heading("Notes");
  for (size_t i = 0; i < news.size(); ++i) {
    if (i == kMostNotes && !options_.detail) {
      out_ += fmt::format("  and {} more (-v)\n", news.size() - kMostNotes);
      break;
    }
    const std::string line =
        fmt::format("  {:>10}  ", seconds_text(news[i].first_seconds)) +
        clean(news[i].whole());
    out_ += fit(line, kWidth) + "\n";
  }
}

void Writer::fact(const char* name, const std::string& text, bool is_bad) {
  const std::string line = wrap(clean(text), kWidth, 14);
  out_ += fmt::format("  {:<12}", name) +
          (is_bad ? paint(Style::yellow, line) : line) + "\n";
}

void Writer::degradations() {
  for (const auto& [what, cause] : degradation_texts(data_.summary.quality)) {
    fact("degraded", what + ": " + cause, true);
  }
}

void Writer::quality() {
  const Quality& q = data_.summary.quality;
  heading("Data");
  fact("coverage", coverage_text(q), q.coverage < 0.95);
  if (!q.level.empty()) fact("sensors", q.level);
  const std::string lost = losses_text(q);
  fact("lost", lost.empty() ? "nothing" : lost, !lost.empty());
  if (!q.gaps.empty()) fact("gaps", gap_text(q), true);
  degradations();
  fact("own cost", own_cost_text(data_));
  const std::string state = state_text(data_);
  fact("recording", data_.path + (state.empty() ? "" : ": " + state),
       !state.empty());
  const int code = exit_code(data_, options_.flags);
  fact("exit code", std::to_string(code));
}

void Writer::write() {
  header();
  banner();
  gates();
  comparison();
  findings();
  suppressions();
  sites();
  phases();
  notes();
  quality();
}

}  // namespace

Status render_text(const ReportData& data, const FormatOptions& options,
                   std::string& out) {
  Writer(data, options, out).write();
  return {};
}

}  // namespace tidemark
