#include "report/html/markup.h"

#include <fmt/format.h>

#include "report/table.h"

namespace tidemark::html {

std::string clipped(std::string_view raw, size_t most) {
  const std::string shown = sanitize_terminal(raw);
  const std::string cut = fit(shown, most);
  if (cut == shown) return escape(raw);
  return "<span title=\"" + escape(raw) + "\">" + escape(cut) + "</span>";
}

Look look_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::leak: return {"bad", "✗", "Leak"};
    case Verdict::suspect: return {"warn", "!", "Suspect"};
    case Verdict::saturating: return {"warn", "~", "Filling"};
    case Verdict::step: return {"warn", "~", "Step"};
    case Verdict::startup: return {"good", "✓", "Start-up"};
    case Verdict::none: return {"good", "✓", "None"};
    case Verdict::inconclusive: return {"open", "?", "Undecided"};
  }
  return {"open", "?", "Undecided"};
}

Look look_of(ReportStatus status) {
  switch (status) {
    case ReportStatus::pass: return {"good", "✓", "Pass"};
    case ReportStatus::warn: return {"warn", "!", "Warning"};
    case ReportStatus::fail: return {"bad", "✗", "Fail"};
    case ReportStatus::inconclusive: return {"open", "?", "Inconclusive"};
  }
  return {"open", "?", "Inconclusive"};
}

std::string pill(const Look& look) {
  return fmt::format("<span class=\"pill {}\">{} {}</span>", look.style,
                     look.sign, look.word);
}

void Table::head(const std::vector<std::string>& titles, size_t text_columns) {
  columns_ = titles.size();
  text_columns_ = text_columns;
  // A table wider than the page scrolls by itself, by keyboard too.
  out_ += fmt::format(
      "<div class=\"scroll\" role=\"group\" aria-label=\"{0}\" tabindex=\"0\">"
      "<table><caption class=\"hidden\">{0}</caption><thead><tr>",
      escape(caption_));
  for (size_t i = 0; i < titles.size(); ++i) {
    out_ += fmt::format("<th scope=\"col\"{}>{}</th>",
                        i < text_columns ? " class=\"text\"" : "", titles[i]);
  }
  out_ += "</tr></thead><tbody>\n";
}

void Table::group(const std::string& markup) {
  out_ += fmt::format(
      "<tr class=\"group\"><th scope=\"rowgroup\" "
      "colspan=\"{}\">{}</th></tr>\n",
      columns_, markup);
}

void Table::row(const std::vector<std::string>& cells) {
  out_ += "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i == 0) {
      out_ += "<th scope=\"row\">" + cells[i] + "</th>";
    } else if (i < text_columns_) {
      out_ += "<td class=\"text\">" + cells[i] + "</td>";
    } else {
      out_ += "<td>" + cells[i] + "</td>";
    }
  }
  out_ += "</tr>\n";
}

std::string or_absent(bool is_known, std::string markup) {
  return is_known ? std::move(markup) : "<span class=\"absent\">–</span>";
}

}  // namespace tidemark::html
