// What the rules of others say of series that were recorded: one line each on
// standard input, "bytes" or "pieces", the seconds between two values, and the
// values; one line of 0 and 1 each on standard output, after a line of names.
#include <fmt/format.h>

#include <iostream>
#include <sstream>
#include <string>

#include "tests/accuracy/peers.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy {
namespace {

constexpr double kDelta = 0.1;  // MB/min

void answer(const std::string& line) {
  std::istringstream words(line);
  std::string unit;
  double step = 0, value = 0;
  words >> unit >> step;
  const bool pieces = unit == "pieces";
  PeerSeries series;
  while (words >> value) {
    series.x.push_back(static_cast<double>(series.x.size()) * step / 60);
    series.y.push_back(pieces ? value : value / kMega);
  }
  PeerCalls calls{};
  if (series.y.size() >= 4) calls = ask_peers(series, pieces ? 0 : kDelta);
  if (pieces) calls[0] = false;  // a rule of memory
  for (const bool call : calls) fmt::print("{} ", call ? 1 : 0);
  fmt::print("\n");
}

}  // namespace
}  // namespace tidemark::accuracy

int main() {
  using namespace tidemark::accuracy;
  for (const Peer& peer : kPeerRules) fmt::print("{}\t", peer.name);
  fmt::print("\n");
  std::string line;
  while (std::getline(std::cin, line)) answer(line);
  return 0;
}
