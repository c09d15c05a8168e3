// One chart of the run over time as SVG.
#include "report/chart_svg.h"
#include "report/format.h"

namespace tidemark {

Status render_svg(const ReportData& data, const FormatOptions& options,
                  std::string& out) {
  TIDEMARK_TRY(const TimelineChart* const chart,
               pick_chart(data, options.chart));
  out += chart_svg(data, *chart);
  return {};
}

}  // namespace tidemark
