// The table of collectors, from collectors.def.
#include <array>

#include "daemon/collector.h"

namespace tidemark {

#define COLLECTOR(name, tier, help) std::unique_ptr<Collector> make_##name();
#include "daemon/collectors.def"
#undef COLLECTOR

std::span<const CollectorEntry> all_collectors() {
  static constexpr auto kAll = std::to_array<CollectorEntry>({
#define COLLECTOR(name, tier, help) {#name, Tier::tier, help, make_##name},
#include "daemon/collectors.def"
#undef COLLECTOR
  });
  return kAll;
}

}  // namespace tidemark
