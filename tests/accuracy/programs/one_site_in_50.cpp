// Fifty sites take blocks, each gives its own back, but one.
#include <array>
#include <cstdlib>
#include <utility>

#include "tests/accuracy/programs/soak.h"

namespace {

long leaked, guilty;

template <size_t kSite>
[[gnu::noinline]] void serve_at() {
  void* block = soak_block(static_cast<size_t>(leaked));
  if (static_cast<long>(kSite) != guilty) std::free(block);
}

template <size_t... kSites>
constexpr auto make_sites(std::index_sequence<kSites...>) {
  return std::array<void (*)(), sizeof...(kSites)>{serve_at<kSites>...};
}
constexpr auto kSites = make_sites(std::make_index_sequence<50>());

void start() {
  leaked = soak_draw(2'000, 12'000);
  guilty = soak_draw(0, 49);
}

void serve(long request) { kSites[static_cast<size_t>(request % 50)](); }

constexpr soak kProgram = {"one_site_in_50", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
