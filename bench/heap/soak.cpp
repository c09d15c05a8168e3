// A soak of fourteen short load phases by one of four programs, with marks:
// leak (a sixteenth of its blocks stays), fragment (lets all go but what pins
// pages), cache (keeps the last 20,000 blocks), tidy (leaks, and frees all in
// its teardown). What the cohorts of each should look like is known.
//
//   bench_heap_soak leak|fragment|cache|tidy [MILLISECONDS OF A PHASE]
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "tidemark/tidemark.hpp"

#define SITE extern "C" __attribute__((noinline))

namespace {
constexpr int kPhases = 14;
constexpr int kOps = 500;           // of a phase
constexpr size_t kBlock = 2000;     // bytes
constexpr size_t kCached = 20'000;  // blocks: of two phases and a half

using Block = std::vector<char>;
std::vector<char*> held;
std::deque<char*> cached;

[[gnu::always_inline]] inline char* fresh(size_t size) {
  char* block = static_cast<char*>(std::malloc(size));
  std::memset(block, 1, size);
  return block;
}
}  // namespace

SITE void site_leak() {
  static int count = 0;
  for (int i = 0; i < 16; ++i) {
    char* block = fresh(kBlock);
    if (++count % 16 == 0) {
      held.push_back(block);
    } else {
      std::free(block);
    }
  }
}

// Each operation's blocks are freed but every eighth, which the next phase
// frees: the heap holds pages for them, no more blocks than before.
SITE void site_fragment(std::vector<char*>& pins) {
  for (int i = 0; i < 16; ++i) {
    char* block = fresh(kBlock);
    if (i % 8 == 0) {
      pins.push_back(block);
    } else {
      std::free(block);
    }
  }
}

SITE void site_cache() {
  for (int i = 0; i < 16; ++i) {
    cached.push_back(fresh(kBlock));
    if (cached.size() <= kCached) continue;
    std::free(cached.front());
    cached.pop_front();
  }
}

namespace {

void free_all(std::vector<char*>& blocks) {
  for (char* block : blocks) std::free(block);
  blocks.clear();
}

void soak(const std::string& kind, std::chrono::milliseconds length) {
  const tidemark::Session session("soak-" + kind);
  tidemark::Run run(session, kind);
  tidemark::Op op(session, "request");
  op.make_primary();
  std::vector<char*> pins, older;
  {
    tidemark::Phase warmup(session, "warmup", tidemark::Kind::warmup);
    std::this_thread::sleep_for(length);
  }
  for (int phase = 0; phase < kPhases; ++phase) {
    {
      tidemark::Phase load(session, "load", tidemark::Kind::load);
      for (int i = 0; i < kOps; ++i) {
        if (kind == "fragment") site_fragment(pins);
        if (kind == "cache") site_cache();
        if (kind == "leak" || kind == "tidy") site_leak();
        ++op;
        std::this_thread::sleep_for(length / kOps);
      }
    }
    tidemark::Phase rest(session, "rest", tidemark::Kind::cooldown);
    free_all(older);
    older.swap(pins);
    std::this_thread::sleep_for(length / 2);
  }
  tidemark::Phase teardown(session, "teardown", tidemark::Kind::teardown);
  if (kind == "tidy") free_all(held);
  std::this_thread::sleep_for(length);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  soak(argv[1], std::chrono::milliseconds(argc > 2 ? std::atoi(argv[2]) : 600));
  return 0;
}
