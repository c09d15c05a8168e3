// A finding: the verdict on one resource of one process (design part 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/model/site.h"

namespace tidemark {

enum class Resource : uint8_t {
  heap,
  rss_anon,  // RssAnon + swap
  rss_shmem,
  rss_file,
  mappings,
  fds,
  sockets,
  threads,
  children,
  inotify_watches,
  kernel_memory,
};

enum class Verdict : uint8_t {
  none,          // no leak >= the smallest leak worth naming (delta)
  leak,          // confirmed; confirmed_by says what confirmed it
  suspect,       // grows like a leak, unconfirmed
  saturating,    // filling cache, warm-up: a plateau is predicted
  step,          // one-off step
  startup,       // grew only before the first load phase
  inconclusive,  // reason and needed_seconds say why and what would decide
};

enum class Confirmation : uint8_t {
  none,
  cycles,
  cohorts,
  integers,
  baseline,
  repeat,
};

// A statistic with its interval; n samples; how it was computed.
struct Estimate {
  double value = 0;
  double lo = 0;
  double hi = 0;
  int64_t n = 0;
  std::string method;
};

// What became of what a site took, by its cohorts (core/analysis/cohorts.h).
enum class SiteClass : uint8_t {
  unclear,       // too little, too early, or no pattern
  leak,          // every cohort leaves a residue that stays
  tidy_at_exit,  // the same, and all of it is freed in the teardown
  cache,         // bounded: old cohorts drain as new ones come
  slow_drain,    // old cohorts drain, but part of each is still there
  startup,       // what lives was born before the first measured phase
  step,          // what lives was born in one later phase
  churn,         // much is taken and nearly all given back
};

// One site of a finding: a call stack in one process.
struct FindingSite {
  // What one phase took there and how much of it lived on. Many phases are
  // joined to fewer rows, each a run of phases that follow each other.
  struct Cohort {
    std::string phase;  // "soak/steady#3", its first; "" outside of phases
    size_t phases = 1;  // joined in this row
    double taken = 0;
    std::vector<double> live;  // at the end of this row's phases, the next, …
  };

  SiteKind kind = SiteKind::none;
  StackId stack;
  SiteClass site_class = SiteClass::unclear;
  // In the finding's unit: bytes, or pieces. At the end of the measured part.
  Estimate live;  // with the sampling's two-sigma bounds
  double live_bytes = 0, live_count = 0;
  double taken_bytes = 0, taken_count = 0;  // in the whole run
  // What it retains per unit of the finding's slope axis: older cohorts only.
  double residue_per_op = 0, residue_per_minute = 0;
  double share = 0;  // of what all sites of the process gained; 0..1
  std::vector<Cohort> cohorts;
};

// Where a process's growth went, in bytes from the first measured phase to
// the last. What was not measured is absent, and then part of `unexplained`.
struct Reconciliation {
  std::string since;                // the first of these phases
  double rss = 0;                   // growth of RssAnon, RssFile and RssShmem
  std::optional<double> sites;      // of live blocks of the heap
  std::optional<double> allocator;  // of its footprint beyond those
  std::optional<double> mapped;     // by the program itself, and not unmapped
  std::optional<double> file_shmem;
  double unexplained = 0;
};

struct Finding {
  SubjectId subject;
  Resource resource = Resource::rss_anon;
  Verdict verdict = Verdict::inconclusive;
  std::string leak_class;  // part 5.1: "heap leak", "handle leak", ...
  Confirmation confirmed_by = Confirmation::none;

  // In the resource's unit (bytes, or pieces) per minute and per operation.
  Estimate slope_per_minute;
  std::optional<Estimate> slope_per_op;
  std::string op_name;  // of slope_per_op
  double min_detectable_per_minute = 0;
  std::optional<double> min_detectable_per_op;
  double delta_per_minute = 0;    // the smallest slope that counts as a leak
  std::optional<double> plateau;  // saturating: the predicted level

  // Of such a rise when nothing rises: in this series alone, and as the share
  // of false ones among all of the run that look as sure.
  double p_value = 1;
  double q_value = 1;

  std::string reason;         // why this verdict, one clause
  double needed_seconds = 0;  // inconclusive: how much longer would decide
  // The reading points the verdict was drawn from: seconds since run begin,
  // cumulative ops, value.
  struct Point {
    double seconds = 0;
    double ops = 0;
    double value = 0;
  };
  std::vector<Point> points;
  int64_t cycles = 0;  // retained readings used, 0 for one long phase
  std::vector<std::string> phases;       // the paths in which it grew
  std::vector<FindingSite> sites;        // what it is made of, worst first
  std::optional<Reconciliation> growth;  // of rss_anon
};

bool is_bytes(Resource resource);
// The names of report.json: "rss_anon", "leak", "cycles", ...
const char* resource_name(Resource resource);
const char* verdict_name(Verdict verdict);
const char* confirmation_name(Confirmation confirmation);
// "leak", "tidy_at_exit", ...
const char* site_class_name(SiteClass site_class);
// For people: "leak", "bounded, as a cache", "undecided", ...
const char* site_class_words(SiteClass site_class);

}  // namespace tidemark
