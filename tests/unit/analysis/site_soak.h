// A soak whose heap is seen: load and rest in cycles after a warm-up, one
// server that counts its requests, and sites with cohorts.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/unit/analysis/synthetic_run.h"

namespace tidemark::synthetic {

class SiteSoak {
 public:
  static constexpr double kMiB = 1 << 20;
  static constexpr double kWarmUp = 30, kLoad = 20, kRest = 10;
  static constexpr double kCycle = kLoad + kRest;
  static constexpr double kPerSecond = 100;

  explicit SiteSoak(int cycles, bool teardown = false) : cycles_(cycles) {
    server = run.process("shop_server", 4112, "server", -60);
    client = run.client("shop", server);
    const auto ops = [cycles](double t) {
      double sum = 0;
      for (int i = 0; i < cycles; ++i) sum += ops_of(i, t);
      return sum;
    };
    run.figure(client, "op.request", ops);
    run.phase(client, "warmup", PhaseKind::warmup, 0, kWarmUp);
    for (int i = 0; i < cycles; ++i) {
      run.phase(client, "load", PhaseKind::load, begin(i), begin(i) + kLoad);
      run.phase(client, "rest", PhaseKind::cooldown, begin(i) + kLoad,
                begin(i) + kCycle);
    }
    if (teardown) {
      run.phase(client, "stop", PhaseKind::teardown, end(), end() + 10);
    }
    run.figure(server, "heap.alloc_count", ops);
    run.figure(server, "heap.sample_bytes", [](double) { return 1; });
  }

  static double begin(int cycle) { return kWarmUp + kCycle * cycle; }
  double end() const { return begin(cycles_); }
  // Requests of one cycle until t.
  static double ops_of(int cycle, double t) {
    return kPerSecond * std::clamp(t - begin(cycle), 0.0, kLoad);
  }

  // Sites of one stack, a cohort for each load phase: per request `bytes` are
  // taken, of which the part alive(cycle, t) lives at t.
  void site(uint32_t stack, SiteKind kind, double each,
            const std::function<double(int cycle, double t)>& alive) {
    const bool bytes = kind == SiteKind::heap;
    const char* live = bytes ? "site.live_bytes" : "site.live_count";
    const char* taken = bytes ? "site.alloc_bytes" : "site.alloc_count";
    for (int i = 0; i < cycles_; ++i) {
      const SubjectId id = run.site(server, kind, stack,
                                    static_cast<uint32_t>(2 * i + 2), "load");
      run.figure(id, taken,
                 [=](double t) { return std::floor(each * ops_of(i, t)); });
      const auto level = [=](double t) {
        return std::floor(each * ops_of(i, t) * alive(i, t));
      };
      run.figure(id, live, level);
      if (bytes) levels_.push_back(level);
      if (!from_birth) continue;
      run.begins(id, taken, begin(i) + 1);
      run.begins(id, live, begin(i) + 1);
    }
  }
  // What was taken in the warm-up and stays.
  void startup_site(uint32_t stack, double bytes) {
    const SubjectId id = run.site(server, SiteKind::heap, stack, 1, "warmup");
    const auto level = [bytes](double t) {
      return bytes * std::clamp(t / kWarmUp, 0.0, 1.0);
    };
    run.figure(id, "site.alloc_bytes", level);
    run.figure(id, "site.live_bytes", level);
    levels_.push_back(level);
  }

  // After all sites: the process's heap is their sum, and its memory that
  // with what else it has.
  void finish(const Formula& other) {
    const auto heap = [levels = levels_](double t) {
      double sum = 0;
      for (const Formula& level : levels) sum += level(t);
      return sum;
    };
    run.figure(server, "heap.live_bytes", heap);
    run.figure(server, "rss_anon", [heap, other](double t) {
      const double noise =
          4096 * std::floor(4 * std::sin(t * 12.9898) * std::sin(t * 78.233));
      return std::floor((20 * kMiB + heap(t) + other(t)) / 4096) * 4096 + noise;
    });
  }

  RunModel run;
  SubjectId server, client;
  // Sites are first read in their phase, as a recorder does; else from the
  // begin on, as 0.
  bool from_birth = false;

 private:
  int cycles_;
  std::vector<Formula> levels_;
};

}  // namespace tidemark::synthetic
