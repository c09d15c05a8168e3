#include "core/model/site.h"

namespace tidemark {

const char* site_kind_name(SiteKind kind) {
  switch (kind) {
    case SiteKind::heap: return "heap";
    case SiteKind::mapping: return "mapping";
    case SiteKind::fault: return "fault";
    case SiteKind::fd: return "fd";
    case SiteKind::socket: return "socket";
    case SiteKind::thread: return "thread";
    case SiteKind::on_cpu: return "on_cpu";
    case SiteKind::mapped: return "mapped";
    case SiteKind::none: break;
  }
  return "none";
}

const char* stack_quality_name(StackQuality quality) {
  switch (quality) {
    case StackQuality::cfi: return "cfi";
    case StackQuality::frame_pointer: return "frame_pointer";
    case StackQuality::guess: break;
  }
  return "guess";
}

}  // namespace tidemark
