// Small pieces of HTML. Foreign text goes through escape() and nothing else.
#pragma once

#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/model/finding.h"
#include "report/report_data.h"

namespace tidemark::html {

inline std::string escape(std::string_view raw) { return sanitize_html(raw); }

// Foreign text of a heading or cell, cut at `most` characters; the whole of it
// is the tooltip when it was cut.
std::string clipped(std::string_view raw, size_t most);

// "leak" to the class and the word that a reader sees: "Leak".
struct Look {
  const char* style;  // class: bad, warn, good, open
  const char* sign;
  const char* word;
};
Look look_of(Verdict verdict);
Look look_of(ReportStatus status);
// <span class="pill bad">Leak</span>
std::string pill(const Look& look);

// A table: <tr> of cells that are markup already; the first column is text,
// all others are figures.
class Table {
 public:
  explicit Table(std::string& out, std::string_view caption)
      : out_(out), caption_(caption) {}
  // Texts of the column heads; `text_columns` of them are left-aligned.
  void head(const std::vector<std::string>& titles, size_t text_columns = 1);
  // A line over all columns: a group of rows.
  void group(const std::string& markup);
  void row(const std::vector<std::string>& cells);
  void end() { out_ += "</tbody></table></div>\n"; }

 private:
  std::string& out_;
  std::string caption_;
  size_t columns_ = 0, text_columns_ = 1;
};

// "–" for what was not read.
std::string or_absent(bool is_known, std::string markup);

}  // namespace tidemark::html
