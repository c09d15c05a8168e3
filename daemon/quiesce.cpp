#include "daemon/quiesce.h"

#include <cstdlib>

namespace tidemark {

bool QuiesceWatch::observe(BootTime now,
                           const std::optional<Reading>& reading) {
  if (!reading || now - begin_ >= kLimit) return true;
  if (last_) {
    const bool calm =
        std::abs(reading->rss_bytes - last_->rss_bytes) <= kRssSlack &&
        reading->cpu - last_->cpu <= kCpuSlack;
    calm_ = calm ? calm_ + 1 : 0;
  }
  last_ = reading;
  return calm_ >= kCalm;
}

}  // namespace tidemark
