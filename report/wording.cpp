#include "report/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/text.h"

namespace tidemark {

std::string seconds_text(double seconds) {
  const int64_t ns = std::llround(std::clamp(seconds, 0.0, 1e9) * 1e9);
  return ns == 0 ? "0 s" : format_duration(Nanoseconds(ns));
}

std::string nanoseconds_text(double ns) {
  return format_duration(Nanoseconds(std::llround(ns)));
}

std::string ratio_text(double ratio) {
  return fmt::format("{:.{}f} %", ratio * 100, ratio < 0.0995 ? 1 : 0);
}

std::string note_text(const ReportData& data, const Event& event) {
  const std::string who =
      event.subject.valid() ? data.process(event.subject).role : std::string();
  switch (event.kind) {
    case EventKind::alert: return "alert: " + event.text;
    case EventKind::oom_kill: return who + " was killed: out of memory";
    case EventKind::snapshot: return "snapshot " + event.name;
    case EventKind::exit: {
      const auto status = static_cast<int>(event.value);
      const int signal = status & 0x7F;  // waitpid(2)
      if (signal != 0) return who + fmt::format(" died of signal {}", signal);
      return who + fmt::format(" exited with {}", (status >> 8) & 0xFF);
    }
    default: return event.name + (event.text.empty() ? "" : " " + event.text);
  }
}

bool is_news(const Event& event) {
  return event.kind != EventKind::exit || event.value != 0;
}

std::string News::whole() const {
  if (times == 1) return text;
  return text +
         fmt::format(" ({}×, last at {})", times, seconds_text(last_seconds));
}

std::vector<News> gather_news(const ReportData& data) {
  std::vector<News> all;
  std::map<std::string, size_t> place;
  for (const Event& event : data.summary.notes) {
    if (!is_news(event)) continue;
    const double at = to_seconds(event.time - data.summary.begin);
    const std::string text = note_text(data, event);
    const auto [found, is_new] = place.try_emplace(text, all.size());
    if (is_new) {
      all.push_back({at, at, 1, text});
    } else {
      all[found->second].last_seconds = at;
      ++all[found->second].times;
    }
  }
  return all;
}

std::string gap_text(const Quality& quality) {
  int64_t ticks = 0;
  std::set<std::string> reasons;
  for (const Quality::Missing& gap : quality.gaps) {
    ticks += gap.ticks;
    if (reasons.size() < 3) reasons.insert(gap.reason);
  }
  std::string text =
      fmt::format("{} ticks missing in {} gaps", ticks, quality.gaps.size());
  const char* before = ": ";
  for (const std::string& reason : reasons) {
    text += before + reason;
    before = "; ";
  }
  return text;
}

std::string coverage_text(const Quality& quality) {
  return fmt::format("{:.1f} % of the ticks",
                     std::floor(quality.coverage * 1000) / 10);
}

std::string losses_text(const Quality& quality) {
  std::string text;
  for (const auto& [cause, count] : quality.dropped) {
    text += (text.empty() ? "" : ", ") +
            format_count(static_cast<double>(count)) + " " + cause;
  }
  return text;
}

std::string state_text(const ReportData& data) {
  if (data.damages.empty()) {
    return data.closed ? ""
                       : "not closed: its writer was killed, or still "
                         "writes; read to its last whole record";
  }
  const Damage& first = data.damages.front();
  std::string text = fmt::format("{} at byte {}, {} bytes", first.reason,
                                 first.offset, first.bytes);
  if (data.damages.size() > 1) {
    text +=
        fmt::format(", and {} more (tidemark verify)", data.damages.size() - 1);
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> degradation_texts(
    const Quality& quality) {
  std::map<std::string, std::pair<int, const Quality::Degrade*>> by_what;
  for (const Quality::Degrade& degrade : quality.degraded) {
    auto& [times, last] = by_what[degrade.what];
    ++times;
    last = &degrade;
  }
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [what, entry] : by_what) {
    const auto& [times, last] = entry;
    std::string text = last->cause;
    if (!last->remedy.empty()) text += "; remedy: " + last->remedy;
    if (times > 1) text += fmt::format(" (the last of {})", times);
    texts.emplace_back(what, std::move(text));
  }
  return texts;
}

std::string own_cost_text(const ReportData& data) {
  const Quality& q = data.summary.quality;
  const double seconds = std::max(data.seconds(), 1e-9);
  return fmt::format("{} CPU ({:.2f} % of a core), {} memory at most{}",
                     seconds_text(q.self_cpu_seconds),
                     100 * q.self_cpu_seconds / seconds,
                     format_bytes(static_cast<double>(q.self_rss_peak_bytes)),
                     q.self_probe_seconds > 0
                         ? ", probes " + seconds_text(q.self_probe_seconds)
                         : "");
}

}  // namespace tidemark
