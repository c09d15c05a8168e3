// The run at a glance: totals over time, processes, findings.
#include <fmt/format.h>

#include <algorithm>

#include "tui/figures.h"
#include "tui/finding_text.h"
#include "tui/header.h"
#include "tui/process_list.h"
#include "tui/view.h"
#include "tui/widgets.h"

namespace tidemark {
namespace {

// What there is to draw, the most telling first: the watched processes, or the
// host when nothing is watched.
std::vector<Curve> choose_curves(const ViewModel& model) {
  const RunHistory& history = model.courses();
  return drawable({
      {"cpu", history.total(Course::cpu), percent_sign, Tone::cpu},
      {"anon", history.total(Course::anon), short_bytes, Tone::memory, true,
       true},
      {"fds", history.total(Course::fds), short_count, Tone::handles, true},
      {"ops/s", history.ops(), short_count, Tone::ops},
      {"host cpu", history.host(HostCourse::cpu), percent_sign, Tone::cpu},
      {"host mem", history.host(HostCourse::memory), short_bytes, Tone::memory,
       true, true},
  });
}

class OverviewView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    const int findings = findings_rows(pane.height(), model);
    const int curves = draw_curves(pane, model, choose_curves(model),
                                   pane.height() * 2 / 5, 3);
    const int list = pane.height() - curves - findings;
    list_.draw(pane.sub({0, curves, pane.width(), list}), model);
    draw_findings(pane.sub({0, curves + list, pane.width(), findings}), model);
  }

  std::optional<ViewRequest> act(Action action,
                                 const ViewModel& model) override {
    return list_.act(action, model);
  }
  std::optional<ViewRequest> pick(size_t row, bool open,
                                  const ViewModel& model) override {
    return list_.pick(row, open, model);
  }

 private:
  static int findings_rows(int height, const ViewModel& model) {
    const int wanted =
        1 + std::max(static_cast<int>(model.findings().size()), 1);
    return std::min(wanted, std::max(height / 5, 3));
  }

  static void draw_findings(const Pane& pane, const ViewModel& model) {
    const Verdicts& verdicts = model.input().verdicts;
    std::vector<std::string> notes;
    if (verdicts.known) {
      notes.push_back(fmt::format("{} judged", verdicts.findings.size()));
      if (verdicts.provisional) notes.emplace_back("provisional");
    }
    draw_rule(pane, 0, "findings", notes);
    if (verdicts.findings.empty()) {
      pane.text(2, 1,
                verdicts.known ? "nothing judged: no watched process"
                               : "no verdict yet",
                {Tone::dim, false, false});
    }
    for (int i = 0; i + 1 < pane.height(); ++i) {
      const auto at = static_cast<size_t>(i);
      if (at >= verdicts.findings.size()) break;
      draw_finding(pane, i + 1, model, verdicts.findings[at]);
    }
  }

  static void draw_finding(const Pane& pane, int y, const ViewModel& model,
                           const Finding& finding) {
    const Style style = verdict_style(finding.verdict);
    std::string verdict = verdict_name(finding.verdict);
    if (finding.verdict == Verdict::leak) verdict = "LEAK !!";
    std::string figures = per_op_text(finding);
    if (figures.empty()) figures = slope_text(finding);
    pane.text(1, y, verdict, style, 12);
    pane.text(14, y, model.subject_title(finding.subject),
              {Tone::normal, true, false}, 18);
    pane.text(33, y, resource_name(finding.resource), {}, 10);
    const int end = pane.text(44, y, figures);
    const std::string outlook = outlook_text(finding);
    pane.text(std::max(end + 2, 44), y,
              outlook.empty() ? finding.reason : outlook,
              {Tone::dim, false, false});
  }

  ProcessList list_;
};

}  // namespace

std::unique_ptr<View> make_overview_view() {
  return std::make_unique<OverviewView>();
}

}  // namespace tidemark
