// One process over the whole run: who it is, its curves under the phase bar,
// its slower facts, and what was found of it.
#include <fmt/format.h>

#include <algorithm>

#include "tui/figures.h"
#include "tui/finding_text.h"
#include "tui/header.h"
#include "tui/process_list.h"
#include "tui/site_panel.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

constexpr Style kDim{Tone::dim, false, false};

struct Fact {
  std::string_view name;
  Field field;
  bool bytes;
};

constexpr Fact kFacts[] = {
    {"rss", Field::rss, true},
    {"anon", Field::rss_anon, true},
    {"file", Field::rss_file, true},
    {"shmem", Field::rss_shmem, true},
    {"swap", Field::swap, true},
    {"peak", Field::rss_peak, true},
    {"page tables", Field::page_tables, true},
    {"virtual", Field::vm_size, true},
    {"mappings", Field::mappings, false},
    {"threads", Field::threads, false},
    {"fds", Field::fds, false},
    {"of limit", Field::fd_limit, false},
    {"sockets", Field::sockets, false},
    {"pipes", Field::fds_pipe, false},
    {"files", Field::fds_file, false},
    {"other fds", Field::fds_other, false},
    {"children", Field::children, false},
    {"zombies", Field::zombies, false},
    {"inotify", Field::inotify_watches, false},
};

std::string fact_text(const ProcessState* sample, const Fact& fact) {
  const auto value =
      sample == nullptr ? std::nullopt : sample->value(fact.field);
  return or_dash(value, fact.bytes ? short_bytes : short_count);
}

class DetailView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const ProcessRow* row = model.selected();
    if (row == nullptr) {
      draw_rule(pane, 0, "no process");
      return;
    }
    int y = draw_identity(pane, model, *row);
    const int facts = facts_rows(pane.width());
    const int findings = std::min(finding_count(model, row->id), 4);
    const Finding* made_of = with_sites(model, row->id);
    const int sites = made_of == nullptr ? 0
                                         : std::min(site_panel_rows(*made_of),
                                                    pane.height() / 3);
    const int below = facts + (findings > 0 ? findings + 1 : 0) + sites;
    y = draw_curves(pane, model, row->id, y, pane.height() - below);
    draw_facts(pane.sub({0, y, pane.width(), facts}), model, row->id);
    y += facts;
    const int rest = pane.height() - y - sites;
    draw_findings(pane.sub({0, y, pane.width(), rest}), model, row->id);
    if (made_of == nullptr) return;
    sites_.draw(pane.sub({0, y + rest, pane.width(), sites}), model, *made_of);
  }

  std::optional<ViewRequest> act(Action action,
                                 const ViewModel& model) override {
    if (sites_.act(action)) return ViewRequest{};
    const auto& rows = model.rows();
    const auto to = moved(action, model.selected_index(), rows.size(), 1);
    if (!to || rows.empty()) return std::nullopt;
    sites_.reset();
    ViewRequest request;
    request.select = rows[*to].id;
    return request;
  }

 private:
  static int draw_identity(const Pane& pane, const ViewModel& model,
                           const ProcessRow& row) {
    const Subject& subject = *row.subject;
    std::vector<std::string> notes = {
        fmt::format("pid {}", subject.process.pid.value),
        fmt::format("parent {}", subject.parent.value)};
    if (!subject.role.empty()) notes.push_back("role " + subject.role);
    if (subject.exec_epoch > 0) {
      notes.push_back(fmt::format("{} execs", subject.exec_epoch));
    }
    notes.emplace_back(row.ended         ? "ended"
                       : subject.watched ? "watched"
                                         : "not watched");
    draw_rule(pane, 0, subject.name, notes);
    int y = 1;
    const auto line = [&](std::string_view label, const std::string& text) {
      if (text.empty()) return;
      pane.text(1, y, label, kDim);
      pane.text(kLeftGutter, y++, text);
    };
    line("command", row_command(row));
    line("program", subject.exe);
    line("cgroup", subject.cgroup);
    if (row.age_seconds) {
      const auto age = static_cast<int64_t>(*row.age_seconds * 1e9);
      line("started", model.wall_time(model.time() - Nanoseconds(age)) + ", " +
                          short_age(Nanoseconds(age)) + " ago");
    }
    return y;
  }

  static int draw_curves(const Pane& pane, const ViewModel& model, SubjectId id,
                         int y, int bottom) {
    const RunHistory& history = model.courses();
    const ProcessState* sample = model.shown().find(id);
    const Subject* subject = model.input().dictionary.subject(id);
    const auto memory_limit =
        subject == nullptr
            ? std::nullopt
            : cgroup_memory_limit(model.shown(), model.input().dictionary,
                                  subject->cgroup);
    const auto fd_limit =
        sample == nullptr ? std::nullopt : sample->value(Field::fd_limit);
    const std::vector<Curve> curves = drawable({
        {"cpu", history.of_process(id, Course::cpu), percent_sign, Tone::cpu},
        {"anon", history.of_process(id, Course::anon), short_bytes,
         Tone::memory, true, true, memory_limit},
        {"fds", history.of_process(id, Course::fds), short_count, Tone::handles,
         true, false, fd_limit},
        {"threads", history.of_process(id, Course::threads), short_count,
         Tone::handles, true},
        {"read", history.of_process(id, Course::io_read), bytes_per_second,
         Tone::ops, false, true},
        {"written", history.of_process(id, Course::io_write), bytes_per_second,
         Tone::ops, false, true},
    });
    if (curves.empty()) {
      pane.text(1, y++, "no course was kept: neither watched nor busy", kDim);
      return y;
    }
    const int rows = std::max(bottom - y, 1);
    return y + tidemark::draw_curves(pane.sub({0, y, pane.width(), rows}),
                                     model, curves, rows, 4);
  }

  static int facts_columns(int width) { return std::max(width / 20, 1); }
  static int facts_rows(int width) {
    const int size = static_cast<int>(std::size(kFacts));
    return 1 + (size + facts_columns(width) - 1) / facts_columns(width);
  }

  static void draw_facts(const Pane& pane, const ViewModel& model,
                         SubjectId id) {
    draw_rule(pane, 0, "figures");
    const ProcessState* sample = model.shown().find(id);
    const int columns = facts_columns(pane.width());
    int i = 0;
    for (const Fact& fact : kFacts) {
      const int x = i % columns * 20;
      const std::string text = fact_text(sample, fact);
      const bool quiet = text == "-" || text == "0";
      pane.text(x + 1, 1 + i / columns, fact.name, kDim, 11);
      pane.text_right(x + 19, 1 + i / columns, text,
                      quiet ? kDim : Style{Tone::normal, true, false});
      ++i;
    }
  }

  // The worst of its findings that tells where.
  static const Finding* with_sites(const ViewModel& model, SubjectId id) {
    for (const Finding& finding : model.findings()) {
      if (finding.subject == id && !finding.sites.empty()) return &finding;
    }
    return nullptr;
  }

  static int finding_count(const ViewModel& model, SubjectId id) {
    return static_cast<int>(
        std::ranges::count(model.findings(), id, &Finding::subject));
  }

  static void draw_findings(const Pane& pane, const ViewModel& model,
                            SubjectId id) {
    if (pane.height() < 2 || finding_count(model, id) == 0) return;
    draw_rule(pane, 0, "findings");
    int y = 1;
    for (const Finding& finding : model.findings()) {
      if (finding.subject != id || y >= pane.height()) continue;
      pane.text(1, y, verdict_text(finding), verdict_style(finding.verdict),
                17);
      std::string figures = per_op_text(finding);
      if (figures.empty()) figures = slope_text(finding);
      pane.text(19, y, resource_name(finding.resource), {}, 10);
      const int end = pane.text(30, y, figures);
      pane.text(end + 2, y++, finding.reason, kDim);
    }
  }

  SitePanel sites_;
};

}  // namespace

std::unique_ptr<View> make_detail_view() {
  return std::make_unique<DetailView>();
}

}  // namespace tidemark
