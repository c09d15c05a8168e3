// The page on paper: what a browser prints of it.
#include "report/browser_print.h"
#include "report/format.h"

namespace tidemark {

Status render_html(const ReportData& data, const FormatOptions& options,
                   std::string& out);

Status render_pdf(const ReportData& data, const FormatOptions& options,
                  std::string& out) {
  std::string page;
  TIDEMARK_CHECK(render_html(data, options, page));
  TIDEMARK_TRY(const std::string paper,
               print_with_browser(page, "report.html",
                                  {"--print-to-pdf", "report.pdf", 1280, 900}));
  out += paper;
  return {};
}

}  // namespace tidemark
