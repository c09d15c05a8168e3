#include "daemon/record_item.h"

namespace tidemark {

void RecordItem::clear() {
  definitions.clear();
  gaps.clear();
  events.clear();
  has_frame = false;
  sync = false;
  written.clear();
}

}  // namespace tidemark
