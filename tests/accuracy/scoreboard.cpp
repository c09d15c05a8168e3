#include "tests/accuracy/scoreboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/order_statistics.h"

namespace tidemark::accuracy {
namespace {

constexpr std::array<Verdict, 7> kVerdicts = {
    Verdict::leak, Verdict::suspect, Verdict::none,        Verdict::saturating,
    Verdict::step, Verdict::startup, Verdict::inconclusive};
constexpr std::array<const char*, 7> kColumns = {
    "leak", "suspect", "none", "satur.", "step", "startup", "inconc."};
// The rules with a column of their own; all are in the totals.
constexpr size_t kPeerColumns = 4;

std::string words(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

std::string show(const Share& share) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", share.value(), share.lo(),
                     share.hi());
}

std::string middle_time(const Cell& cell) {
  const double time = median(cell.times).value_or(INFINITY);
  return std::isfinite(time) ? fmt::format("{:.0f}", time) : "-";
}

void print_row(const Cell& cell) {
  const auto runs = static_cast<double>(cell.ours.runs());
  fmt::print("{:<20} {:>5} {:>6.2f}", words(cell.shape), cell.leak,
             static_cast<double>(cell.ours.called()) / runs);
  for (size_t i = 0; i < kPeerColumns; ++i) {
    fmt::print(" {:>6.2f}", cell.peers[i].value());
  }
  fmt::print(" |");
  for (const Verdict verdict : kVerdicts) {
    fmt::print(" {:>7.2f}", cell.ours.share(verdict));
  }
  fmt::print(" {:>6}\n", cell.leaking ? middle_time(cell) : "");
}

void print_line(const char* name, const Share& wrong, const Share& right) {
  fmt::print("  {:<46} {}  {}  {:.3f} [{:.3f}, {:.3f}]\n", name, show(wrong),
             show(right), precision(right.value(), wrong.value()),
             precision(right.lo(), wrong.hi()),
             precision(right.hi(), wrong.lo()));
}

void print_score(const Score& score) {
  fmt::print("  {:<46} {:<20}  {:<20}  {}\n", "(95 % intervals)", "false calls",
             "recall", "precision at 1:1");
  for (size_t i = 0; i < kPeers; ++i) {
    print_line(kPeerRules[i].name, score.peer_false[i], score.peer_recall[i]);
  }
  print_line("Tidemark, leak or suspect", score.false_calls, score.recall);
  print_line("Tidemark, leak alone", score.false_leaks, score.confirmed);
  fmt::print("  `none` on a leaking run: {}\n", show(score.false_none));
}

Share share_of(int64_t hits, const Tally& tally) {
  return {static_cast<double>(hits), static_cast<double>(tally.runs())};
}

void merge(Share& into, const Share& other) {
  into.hits += other.hits;
  into.runs += other.runs;
}

// What was said of a leak that was not called.
std::string said_instead(const Cell& cell) {
  Verdict most = Verdict::inconclusive;
  for (const Verdict verdict : kVerdicts) {
    const bool call = verdict == Verdict::leak || verdict == Verdict::suspect;
    if (!call && cell.ours.count(verdict) > cell.ours.count(most)) {
      most = verdict;
    }
  }
  return fmt::format("{:.0f} % {}", cell.ours.share(most) * 100,
                     verdict_name(most));
}

}  // namespace

void Score::add(const Cell& cell) {
  Share& called = cell.leaking ? recall : false_calls;
  Share& leaks = cell.leaking ? confirmed : false_leaks;
  merge(called, share_of(cell.ours.called(), cell.ours));
  merge(leaks, share_of(cell.ours.count(Verdict::leak), cell.ours));
  if (cell.leaking) {
    merge(false_none, share_of(cell.ours.count(Verdict::none), cell.ours));
  }
  auto& peers = cell.leaking ? peer_recall : peer_false;
  for (size_t i = 0; i < kPeers; ++i) merge(peers[i], cell.peers[i]);
}

void Scoreboard::begin(std::string title, const char* time) {
  title_ = std::move(title);
  fmt::print("\n{}\n{:<20} {:>5} {:>6}", title_, "shape", "leak", "ours");
  for (size_t i = 0; i < kPeerColumns; ++i) {
    fmt::print(" {:>6}", kPeerRules[i].column);
  }
  fmt::print(" |");
  for (const char* column : kColumns) fmt::print(" {:>7}", column);
  fmt::print(" {:>6}\n", time);
}

void Scoreboard::add(Cell cell) {
  cell.group = title_;
  print_row(cell);
  cells_.push_back(std::move(cell));
}

void Scoreboard::end() { print_score(score(title_)); }

Score Scoreboard::score(std::string_view part) const {
  Score score;
  for (const Cell& cell : cells_) {
    if (cell.group.find(part) != std::string::npos) score.add(cell);
  }
  return score;
}

void Scoreboard::print_total() const {
  fmt::print("\nAll, by the curve alone\n");
  print_score(score());
}

void Scoreboard::print_misses(double least) const {
  fmt::print("\nLeaks called in less than {:.0f} % of the runs\n", least * 100);
  for (const Cell& cell : cells_) {
    const Share called = share_of(cell.ours.called(), cell.ours);
    if (!cell.leaking || called.value() >= least) continue;
    const double visible = median(cell.visibility).value_or(0);
    fmt::print("  {:<20} {:>5}  {:<42} {:.2f}, else {}{}\n", words(cell.shape),
               cell.leak, cell.group, called.value(), said_instead(cell),
               visible < 1
                   ? fmt::format("; {:.1f} of what the run can show", visible)
                   : "");
  }
}

}  // namespace tidemark::accuracy
