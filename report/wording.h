// Words that several formats say alike. Plain text with raw names in it: the
// whole passes the sanitizer of its sink.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "report/report_data.h"

namespace tidemark {

// "4 min 05 s"; never negative, and finite.
std::string seconds_text(double seconds);
std::string nanoseconds_text(double ns);
// "7.2 %", one decimal below ten percent; "34 %".
std::string ratio_text(double ratio);

// What a note, snapshot, alert or exit says.
std::string note_text(const ReportData& data, const Event& event);
// A process that exits with 0 is no news.
bool is_news(const Event& event);

// The news of a run in the order of their first time; what was said again in
// the same words is one of them.
struct News {
  double first_seconds = 0;  // since the run began
  double last_seconds = 0;
  size_t times = 1;
  std::string text;
  // The text, with how often and until when if it was said again.
  std::string whole() const;
};
std::vector<News> gather_news(const ReportData& data);

// "12 ticks missing in 2 gaps: late ticks".
std::string gap_text(const Quality& quality);
// "99.9 % of the ticks", rounded down: only a whole recording is 100 %.
std::string coverage_text(const Quality& quality);
// "2 lane full, 1 incomplete frames"; empty when nothing was lost.
std::string losses_text(const Quality& quality);
// Why the recording is not whole; empty when it is.
std::string state_text(const ReportData& data);
// "process lives", "no CAP_BPF; remedy: run as root": each thing once, with
// its last cause: a governor speaks often.
std::vector<std::pair<std::string, std::string>> degradation_texts(
    const Quality& quality);
// "950 ms CPU (0.71 % of a core), 19 MiB memory at most".
std::string own_cost_text(const ReportData& data);

}  // namespace tidemark
