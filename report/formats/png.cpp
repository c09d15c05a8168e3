// One chart of the run over time as PNG, for comments that take no SVG.
#include "report/browser_print.h"
#include "report/chart_svg.h"
#include "report/format.h"

namespace tidemark {

Status render_png(const ReportData& data, const FormatOptions& options,
                  std::string& out) {
  TIDEMARK_TRY(const TimelineChart* const chart,
               pick_chart(data, options.chart));
  TIDEMARK_TRY(const std::string picture,
               print_with_browser(
                   chart_svg(data, *chart), "chart.svg",
                   {"--screenshot", "chart.png", kChartWidth, kChartHeight}));
  out += picture;
  return {};
}

}  // namespace tidemark
