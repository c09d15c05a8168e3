#include "tui/other_run.h"

namespace tidemark {

Result<OtherRun> OtherRun::open(const std::string& path) {
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(path));
  return OtherRun(std::move(reader));
}

bool OtherRun::read(size_t max_items) {
  if (done()) return false;
  for (size_t i = 0; i < max_items; ++i) {
    const auto item = reader_.next();
    const Dictionary& dictionary = reader_.dictionary();
    if (!item) {
      figures_ = run_figures(analysis_->summarize(dictionary), dictionary);
      analysis_.reset();  // its series are not needed any more
      return true;
    }
    if (item->frame != nullptr) {
      analysis_->on_frame(*item->frame, item->chapter_begin, dictionary);
    }
    if (item->events != nullptr) {
      for (const Event& event : *item->events) analysis_->on_event(event);
    }
    if (item->gap != nullptr) {
      const Gap& gap = *item->gap;
      analysis_->on_gap(gap.from, gap.to, gap.ticks, gap.reason);
    }
  }
  return false;
}

}  // namespace tidemark
