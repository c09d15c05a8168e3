#include <vector>

#include "core/base/text.h"
#include "report/report.h"

namespace tidemark {

Result<std::string> render_report(const ReportData& data,
                                  std::string_view format,
                                  const FormatOptions& options) {
  const FormatEntry* entry = find_format(format);
  if (entry == nullptr) {
    std::vector<std::string_view> names;
    for (const FormatEntry& known : all_formats()) names.push_back(known.name);
    return fail(ErrorKind::usage, unknown_message("format", format, names));
  }
  std::string out;
  TIDEMARK_CHECK(entry->render(data, options, out));
  return out;
}

}  // namespace tidemark
