// Cells of the corpus (one shape at one rate under one plan), the table of
// them, and the figures over all.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tests/accuracy/peers.h"
#include "tests/accuracy/tally.h"

namespace tidemark::accuracy {

struct Cell {
  std::string group, shape, leak;  // leak: its rate, "-" when benign
  bool leaking = false;
  Tally ours;
  std::array<Share, kPeers> peers;
  // How long until the verdict called the leak and stayed with it, per run
  // that was asked; infinite when it never did.
  Values times;
  // Of leaking ones: by how much the rate exceeds the smallest that such a run
  // shows in nine of ten, as the verdict itself says; one per run.
  Values visibility;
};

// Over many cells, each with the same weight: give all as many runs.
struct Score {
  Share recall, false_calls, false_none, confirmed, false_leaks;
  std::array<Share, kPeers> peer_recall, peer_false;

  void add(const Cell& cell);
};

class Scoreboard {
 public:
  // `time`: the unit of Cell::times, "min" or "cycles".
  void begin(std::string title, const char* time);
  void add(Cell cell);
  // The figures of the cells since begin().
  void end();

  // Of the groups whose title contains `part`; of all when it is empty.
  Score score(std::string_view part = "") const;
  void print_total() const;
  // Leaking cells of which less than `least` was called, with what was said
  // instead and whether such a run could have shown it.
  void print_misses(double least) const;

 private:
  std::string title_;
  std::vector<Cell> cells_;
};

}  // namespace tidemark::accuracy
