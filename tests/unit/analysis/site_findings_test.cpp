// Sites and their cohorts in the findings of whole runs.
#include "core/analysis/site_findings.h"

#include <gtest/gtest.h>

#include "core/analysis/cohort_verdict.h"
#include "core/analysis/reconcile.h"
#include "tests/unit/analysis/site_soak.h"

namespace tidemark::synthetic {
namespace {

constexpr double kMiB = SiteSoak::kMiB;

double forever(int, double) { return 1; }
double nothing(double) { return 0; }

const Finding& find(const RunSummary& summary, Resource resource) {
  for (const Finding& finding : summary.findings) {
    if (finding.resource == resource) return finding;
  }
  static const Finding kNone;
  ADD_FAILURE() << "no finding on " << resource_name(resource);
  return kNone;
}

// A cache of as much as `cycles` loads bring, oldest out first.
std::function<double(int, double)> lru(double cycles) {
  return [cycles](int cycle, double t) {
    const double later =
        (t - SiteSoak::begin(cycle + 1)) / SiteSoak::kLoad * 2 / 3;
    return std::clamp(cycles - later, 0.0, 1.0);
  };
}

TEST(SiteFindings, CohortsConfirmALeakInFewerCyclesThanItsCurve) {
  SiteSoak soak(8);
  soak.startup_site(1, 5 * kMiB);
  soak.site(2, SiteKind::heap, 412, forever);
  soak.site(3, SiteKind::heap, 9000, [](int, double) { return 0; });
  soak.finish(nothing);
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  for (const Resource resource : {Resource::heap, Resource::rss_anon}) {
    const Finding& finding = find(summary, resource);
    EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
    EXPECT_EQ(finding.confirmed_by, Confirmation::cohorts);
    EXPECT_EQ(finding.leak_class, "heap leak");
    ASSERT_TRUE(finding.slope_per_op);
    EXPECT_NEAR(finding.slope_per_op->value, 412, 12);
    ASSERT_EQ(finding.sites.size(), 2u);
    const FindingSite& site = finding.sites[0];
    EXPECT_EQ(site.stack, StackId(2));
    EXPECT_EQ(site.kind, SiteKind::heap);
    EXPECT_EQ(site.site_class, SiteClass::leak);
    EXPECT_NEAR(site.residue_per_op, 412, 0.1);
    EXPECT_NEAR(site.share, 1, 1e-6);
    EXPECT_NEAR(site.live.value, 8 * 2000 * 412.0, 1);
    EXPECT_EQ(site.live.lo, site.live.hi);  // exact
    EXPECT_NEAR(site.taken_bytes, 8 * 2000 * 412.0, 1);
    // Outside, the warm-up, 8 loads and 8 rests.
    ASSERT_EQ(site.cohorts.size(), 18u);
    EXPECT_EQ(site.cohorts[2].phase, "load#1");
    EXPECT_NEAR(site.cohorts[2].live.back(), 2000 * 412.0, 1);
    EXPECT_EQ(site.cohorts[3].taken, 0);
    EXPECT_EQ(finding.sites[1].site_class, SiteClass::startup);
  }
  const Finding& memory = find(summary, Resource::rss_anon);
  ASSERT_TRUE(memory.growth);
  EXPECT_EQ(memory.growth->since, "load#1");
  EXPECT_NEAR(*memory.growth->sites, 8 * 2000 * 412.0, 1);
  EXPECT_NEAR(memory.growth->rss, 8 * 2000 * 412.0, 65536);
  EXPECT_NEAR(memory.growth->unexplained, 0, 65536);
}

TEST(SiteFindings, WithoutProbesTheSameCurveIsASuspicion) {
  SiteSoak soak(8);
  soak.run.figure(soak.server, "rss_anon", [](double t) {
    double ops = 0;
    for (int i = 0; i < 8; ++i) ops += SiteSoak::ops_of(i, t);
    return 20 * kMiB + 412 * ops;
  });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  EXPECT_EQ(find(summary, Resource::rss_anon).verdict, Verdict::suspect);
}

TEST(SiteFindings, WhatTheTeardownFreesIsALeakAllTheSame) {
  SiteSoak soak(8, true);
  const double end = soak.end();
  soak.site(2, SiteKind::heap, 412,
            [end](int, double t) { return t < end ? 1 : 0; });  // at once
  soak.finish(nothing);
  const RunSummary summary = soak.run.summarize(end + 11);
  const Finding& heap = find(summary, Resource::heap);
  EXPECT_EQ(heap.verdict, Verdict::leak) << heap.reason;
  EXPECT_EQ(heap.confirmed_by, Confirmation::cohorts);
  ASSERT_FALSE(heap.sites.empty());
  EXPECT_EQ(heap.sites[0].site_class, SiteClass::tidy_at_exit);
  EXPECT_NE(heap.reason.find("teardown frees it"), std::string::npos)
      << heap.reason;
}

TEST(SiteFindings, ACacheIsNoLeakHoweverItsCurveLooks) {
  for (const double cycles : {1.0, 2.5, 5.0}) {
    SCOPED_TRACE(cycles);
    SiteSoak soak(9);
    soak.site(2, SiteKind::heap, 412, lru(cycles));
    soak.finish(nothing);
    const RunSummary summary = soak.run.summarize(soak.end() + 1);
    const Finding& heap = find(summary, Resource::heap);
    EXPECT_NE(heap.verdict, Verdict::leak) << heap.reason;
    EXPECT_NE(heap.verdict, Verdict::suspect) << heap.reason;
    EXPECT_NE(find(summary, Resource::rss_anon).verdict, Verdict::leak);
  }
}

TEST(SiteFindings, ALeakBesideACacheIsFound) {
  SiteSoak soak(8);
  soak.site(2, SiteKind::heap, 2000, lru(2));
  soak.site(3, SiteKind::heap, 300, forever);
  soak.finish(nothing);
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& heap = find(summary, Resource::heap);
  EXPECT_EQ(heap.verdict, Verdict::leak) << heap.reason;
  EXPECT_EQ(heap.confirmed_by, Confirmation::cohorts);
  ASSERT_EQ(heap.sites.size(), 2u);
  EXPECT_EQ(heap.sites[0].stack, StackId(3));
  EXPECT_EQ(heap.sites[1].site_class, SiteClass::cache);
  EXPECT_NEAR(heap.sites[0].residue_per_op, 300, 0.1);
}

TEST(SiteFindings, AHeapThatIsFlatUnderRisingMemoryIsRetention) {
  SiteSoak soak(14);
  soak.startup_site(1, 5 * kMiB);
  soak.site(2, SiteKind::heap, 9000, [](int, double) { return 0; });
  soak.finish([](double t) { return 3000 * std::max(t - 30, 0.0); });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  EXPECT_EQ(find(summary, Resource::heap).verdict, Verdict::none);
  const Finding& memory = find(summary, Resource::rss_anon);
  EXPECT_EQ(memory.verdict, Verdict::suspect) << memory.reason;
  EXPECT_EQ(memory.confirmed_by, Confirmation::none);
  EXPECT_EQ(memory.leak_class, "allocator retention");
}

TEST(SiteFindings, AHeapFollowedForAMomentDoesNotContradictACurve) {
  SiteSoak soak(14);
  soak.startup_site(1, 5 * kMiB);
  soak.site(2, SiteKind::heap, 9000, [](int, double) { return 0; });
  soak.finish([](double t) { return 3000 * std::max(t - 30, 0.0); });
  soak.run.figure(soak.server, "heap.sample_bytes",
                  [](double t) { return t < 40 || t > 43 ? 0 : 65536; });
  const SubjectId touched =
      soak.run.site(soak.server, SiteKind::fault, 7, 2, "load");
  soak.run.figure(touched, "site.alloc_bytes",
                  [](double t) { return 3000 * std::max(t - 30, 0.0); });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& heap = find(summary, Resource::heap);
  EXPECT_EQ(heap.verdict, Verdict::inconclusive);
  EXPECT_NE(heap.reason.find("followed in 1 % of the time"), std::string::npos)
      << heap.reason;
  const Finding& memory = find(summary, Resource::rss_anon);
  EXPECT_EQ(memory.verdict, Verdict::leak) << memory.reason;
  EXPECT_EQ(memory.confirmed_by, Confirmation::cycles);
  EXPECT_EQ(memory.leak_class, "heap leak or allocator retention");
  EXPECT_FALSE(memory.growth);
  ASSERT_EQ(memory.sites.size(), 1u);  // those of first touch stand in
  EXPECT_EQ(memory.sites[0].stack, StackId(7));
}

TEST(SiteFindings, BlocksThatCouldNotBeFollowedWithholdTheVerdict) {
  SiteSoak soak(8);
  soak.site(2, SiteKind::heap, 412, forever);
  soak.finish(nothing);
  soak.run.figure(soak.server, "heap.untracked",
                  [](double t) { return t / 4; });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& heap = find(summary, Resource::heap);
  EXPECT_EQ(heap.verdict, Verdict::inconclusive);
  EXPECT_NE(heap.reason.find("could not be followed"), std::string::npos)
      << heap.reason;
  EXPECT_FALSE(heap.sites.empty());  // shown, not judged by
  EXPECT_EQ(find(summary, Resource::rss_anon).confirmed_by, Confirmation::none);
}

// Attached in the sixth cycle: rates are of what was traced from its begin on.
TEST(SiteFindings, ProbesThatCameLateCountFromThenOn) {
  SiteSoak soak(14);
  constexpr int kFrom = 5;
  const double attached = SiteSoak::begin(kFrom) + 10;
  const auto traced = [attached](int cycle, double t) {
    const double ops = SiteSoak::ops_of(cycle, t);
    return std::max(ops - SiteSoak::ops_of(cycle, attached), 0.0);
  };
  for (int i = kFrom; i < 14; ++i) {
    const SubjectId id =
        soak.run.site(soak.server, SiteKind::heap, 2,
                      static_cast<uint32_t>(2 * i + 2), "load");
    const auto level = [=](double t) { return 412 * traced(i, t); };
    soak.run.figure(id, "site.live_bytes", level);
    soak.run.figure(id, "site.alloc_bytes", level);
  }
  const SubjectId server = soak.server;
  RunModel& run = soak.run;
  run.figure(server, "rss_anon", [](double t) {
    double ops = 0;
    for (int i = 0; i < 14; ++i) ops += SiteSoak::ops_of(i, t);
    return std::floor((20 * kMiB + 412 * ops) / 4096) * 4096;
  });
  run.figure(server, "heap.live_bytes", [=](double t) {
    double live = 0;
    for (int i = kFrom; i < 14; ++i) live += 412 * traced(i, t);
    return live;
  });
  run.begins(server, "heap.live_bytes", attached);
  run.begins(server, "heap.alloc_count", attached);
  run.begins(server, "heap.sample_bytes", attached);
  const RunSummary summary = run.summarize(soak.end() + 1);
  const Finding& heap = find(summary, Resource::heap);
  EXPECT_EQ(heap.verdict, Verdict::leak) << heap.reason;
  ASSERT_EQ(heap.sites.size(), 1u);
  EXPECT_NEAR(heap.sites[0].residue_per_op, 412, 0.1);
  ASSERT_TRUE(heap.slope_per_op);
  EXPECT_NEAR(heap.slope_per_op->value, 412, 5);
  const Finding& memory = find(summary, Resource::rss_anon);
  EXPECT_EQ(memory.verdict, Verdict::leak);
  EXPECT_FALSE(memory.growth);  // what was freed unseen is not known
}

TEST(SiteFindings, SamplingGivesBounds) {
  SiteSoak soak(8);
  soak.site(2, SiteKind::heap, 4120, forever);
  soak.finish(nothing);
  soak.run.figure(soak.server, "heap.sample_bytes",
                  [](double) { return 65536; });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& heap = find(summary, Resource::heap);
  ASSERT_EQ(heap.sites.size(), 1u);
  const Estimate& live = heap.sites[0].live;
  const double sigma = std::sqrt(65536 * live.value);
  EXPECT_NEAR(live.hi - live.value, 2 * sigma, 1e-6 * sigma);
  EXPECT_NEAR(live.value - live.lo, 2 * sigma, 1e-6 * sigma);
  EXPECT_EQ(heap.verdict, Verdict::leak) << heap.reason;
}

TEST(SiteFindings, HandlesHaveSitesToo) {
  SiteSoak soak(8);
  soak.site(5, SiteKind::fd, 0.01, forever);
  soak.run.figure(soak.server, "fds", [](double t) {
    double open = 30;
    for (int i = 0; i < 8; ++i) {
      open += std::floor(0.01 * SiteSoak::ops_of(i, t));
    }
    return open;
  });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& fds = find(summary, Resource::fds);
  EXPECT_EQ(fds.verdict, Verdict::leak) << fds.reason;
  EXPECT_EQ(fds.confirmed_by, Confirmation::cohorts);
  ASSERT_EQ(fds.sites.size(), 1u);
  EXPECT_EQ(fds.sites[0].kind, SiteKind::fd);
  EXPECT_NEAR(fds.sites[0].residue_per_op, 0.01, 1e-6);
  EXPECT_EQ(fds.sites[0].live.value, 160);
}

// A site of mappings that stand, 4 KiB each, with what it mapped elsewhere.
void mapped_site(SiteSoak& soak, uint32_t stack, int cycles, double each) {
  for (int i = 0; i < cycles; ++i) {
    const SubjectId id =
        soak.run.site(soak.server, SiteKind::mapped, stack,
                      static_cast<uint32_t>(2 * i + 2), "load");
    const auto count = [=](double t) {
      return std::floor(each * SiteSoak::ops_of(i, t));
    };
    const auto bytes = [=](double t) { return 4096 * count(t); };
    soak.run.figure(id, "site.live_count", count);
    soak.run.figure(id, "site.alloc_count", count);
    soak.run.figure(id, "site.live_bytes", bytes);
    soak.run.figure(id, "site.alloc_bytes", bytes);
  }
}

Formula of_all_loads(int cycles, double each) {
  return [=](double t) {
    double sum = 0;
    for (int i = 0; i < cycles; ++i) {
      sum += std::floor(each * SiteSoak::ops_of(i, t));
    }
    return sum;
  };
}

TEST(SiteFindings, MappingsThatNobodyUnmapsAreNamed) {
  SiteSoak soak(8);
  mapped_site(soak, 5, 8, 0.1);
  const Formula mapped = of_all_loads(8, 0.1);
  soak.finish([=](double t) { return 4096 * mapped(t); });
  soak.run.figure(soak.server, "mappings",
                  [=](double t) { return 40 + mapped(t); });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  for (const Resource each : {Resource::mappings, Resource::rss_anon}) {
    const Finding& finding = find(summary, each);
    EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
    EXPECT_EQ(finding.confirmed_by, Confirmation::cohorts);
    EXPECT_EQ(finding.leak_class, "mapping leak");
    ASSERT_EQ(finding.sites.size(), 1u);
    EXPECT_EQ(finding.sites[0].kind, SiteKind::mapped);
    EXPECT_EQ(finding.sites[0].stack, StackId(5));
    EXPECT_EQ(finding.sites[0].site_class, SiteClass::leak);
  }
  EXPECT_NEAR(find(summary, Resource::mappings).sites[0].residue_per_op, 0.1,
              1e-6);
  EXPECT_NEAR(find(summary, Resource::rss_anon).sites[0].residue_per_op, 409.6,
              1e-3);
}

// Neighbours are one mapping to the kernel: their number does not rise.
TEST(SiteFindings, MappingsThatTheKernelJoinsAreALeakOfMappingsStill) {
  SiteSoak soak(14);
  soak.startup_site(1, 5 * kMiB);
  mapped_site(soak, 5, 14, 0.1);
  const Formula mapped = of_all_loads(14, 0.1);
  soak.finish([=](double t) { return 4096 * mapped(t); });
  soak.run.figure(soak.server, "mappings", [](double) { return 40; });
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& memory = find(summary, Resource::rss_anon);
  EXPECT_EQ(memory.verdict, Verdict::leak) << memory.reason;
  EXPECT_EQ(memory.leak_class, "mapping leak");
  ASSERT_FALSE(memory.sites.empty());
  EXPECT_EQ(memory.sites[0].kind, SiteKind::mapped);
  EXPECT_EQ(find(summary, Resource::mappings).verdict, Verdict::none);
}

TEST(SiteFindings, WhatTheProgramMappedIsAPartOfTheGrowth) {
  SiteSoak soak(14);
  soak.site(2, SiteKind::heap, 100, forever);
  mapped_site(soak, 5, 14, 0.1);
  const Formula heap = of_all_loads(14, 100);
  const Formula mapped = of_all_loads(14, 0.1);
  soak.finish([=](double t) { return 4096 * mapped(t); });
  soak.run.figure(soak.server, "growth.fault_heap_bytes", heap);
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& memory = find(summary, Resource::rss_anon);
  ASSERT_TRUE(memory.growth);
  ASSERT_TRUE(memory.growth->mapped);
  EXPECT_NEAR(*memory.growth->mapped, 4096 * 14 * 200, 65536);
  EXPECT_NEAR(memory.growth->unexplained, 0, 65536);
}

TEST(SiteFindings, MappingsThatComeAndGoExplainNothing) {
  SiteSoak soak(14);
  soak.startup_site(1, 5 * kMiB);
  soak.site(2, SiteKind::heap, 412, forever);
  for (int i = 0; i < 14; ++i) {
    const SubjectId id =
        soak.run.site(soak.server, SiteKind::mapped, 5,
                      static_cast<uint32_t>(2 * i + 2), "load");
    soak.run.figure(id, "site.live_bytes", nothing);
    soak.run.figure(id, "site.alloc_bytes",
                    [i](double t) { return 1e4 * SiteSoak::ops_of(i, t); });
  }
  soak.finish(nothing);
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& memory = find(summary, Resource::rss_anon);
  EXPECT_EQ(memory.leak_class, "heap leak");
  ASSERT_FALSE(memory.sites.empty());
  EXPECT_EQ(memory.sites[0].kind, SiteKind::heap);
}

TEST(SiteFindings, ARunWithoutPhasesStillShowsItsSites) {
  RunModel run;
  const SubjectId server = run.process("server", 10);
  run.figure(server, "rss_anon", [](double t) { return 1e7 + 1e5 * t; });
  const SubjectId site = run.site(server, SiteKind::heap, 4, 0, "");
  run.figure(site, "site.live_bytes", [](double t) { return 1e5 * t; });
  run.figure(server, "heap.live_bytes", [](double t) { return 1e5 * t; });
  const RunSummary summary = run.summarize(120);
  const Finding& heap = find(summary, Resource::heap);
  EXPECT_EQ(heap.confirmed_by, Confirmation::none);
  ASSERT_EQ(heap.sites.size(), 1u);
  EXPECT_EQ(heap.sites[0].site_class, SiteClass::unclear);
  EXPECT_NEAR(heap.sites[0].live.value, 1.2e7, 2e5);
}

// Page faults say where memory was first touched, never that it was freed.
TEST(SiteFindings, FaultsShowWhereButConfirmNothing) {
  SiteSoak soak(8);
  soak.run.figure(soak.server, "rss_anon", [](double t) {
    double ops = 0;
    for (int i = 0; i < 8; ++i) ops += SiteSoak::ops_of(i, t);
    return 20 * kMiB + 412 * ops;
  });
  for (int i = 0; i < 8; ++i) {
    const SubjectId id =
        soak.run.site(soak.server, SiteKind::fault, 7,
                      static_cast<uint32_t>(2 * i + 2), "load");
    soak.run.figure(id, "site.alloc_bytes",
                    [i](double t) { return 412 * SiteSoak::ops_of(i, t); });
  }
  const RunSummary summary = soak.run.summarize(soak.end() + 1);
  const Finding& memory = find(summary, Resource::rss_anon);
  EXPECT_EQ(memory.verdict, Verdict::suspect) << memory.reason;
  EXPECT_EQ(memory.confirmed_by, Confirmation::none);
  ASSERT_EQ(memory.sites.size(), 1u);
  EXPECT_EQ(memory.sites[0].kind, SiteKind::fault);
  EXPECT_EQ(memory.sites[0].site_class, SiteClass::unclear);
  EXPECT_NEAR(memory.sites[0].live.value, 8 * 2000 * 412.0, 1);
  EXPECT_NEAR(memory.sites[0].share, 1, 1e-9);
}

TEST(CohortPhases, AreJoinedWhereThereAreThousands) {
  std::vector<CohortPhase> phases(1);
  for (uint32_t i = 1; i <= 5000; ++i) {
    CohortPhase& phase = phases.emplace_back();
    phase.label = "test#" + std::to_string(i);
    phase.ordinals = {i};
    phase.ops = 2;
    phase.startup = i <= 3;
    phase.measured = i > 3;
    phase.teardown = i == 5000;
  }
  const auto joined = join_phases(phases, 192);
  EXPECT_LE(joined.size(), 192u);
  EXPECT_TRUE(joined[0].ordinals.empty());
  EXPECT_EQ(joined[1].ordinals.size(), 3u);  // up to the load
  EXPECT_FALSE(joined[1].measured);
  EXPECT_EQ(joined.back().ordinals.size(), 1u);
  double ops = 0;
  for (const CohortPhase& phase : joined) ops += phase.ops;
  EXPECT_DOUBLE_EQ(ops, 10000);
  const PhaseLookup lookup(joined);
  Subject site;
  site.name = "test";
  site.cohort = 5000;
  EXPECT_EQ(lookup.of(site), joined.size() - 1);
  site.cohort = 4;
  EXPECT_EQ(lookup.of(site), 2u);
  site.cohort = 0;
  EXPECT_EQ(lookup.of(site), 0u);
}

TEST(CohortPhases, ASiteGoesByItsPathWhenPhasesWereNumberedOtherwise) {
  std::vector<CohortPhase> phases(1);
  for (const char* label : {"load#1", "rest#1", "load#2", "rest#2"}) {
    CohortPhase& phase = phases.emplace_back();
    phase.label = label;
    phase.ordinals = {static_cast<uint32_t>(phases.size() - 1)};
  }
  const PhaseLookup lookup(phases);
  Subject site;
  site.cohort = 3;
  site.name = "load";
  EXPECT_EQ(lookup.of(site), 3u);
  site.name = "rest";
  EXPECT_EQ(lookup.of(site), 2u);  // or 4, which is as near
  site.name = "rest";
  site.cohort = 99;
  EXPECT_EQ(lookup.of(site), 4u);
  site.name = "other";
  EXPECT_EQ(lookup.of(site), 0u);
}

TEST(Reconcile, EveryByteHasItsPlace) {
  Reconciliation all = reconcile({.anon = 410e6,
                                  .file = 5e6,
                                  .shmem = 1e6,
                                  .sites = 377e6,
                                  .touched_heap = 397e6});
  EXPECT_DOUBLE_EQ(all.rss, 416e6);
  EXPECT_DOUBLE_EQ(*all.sites, 377e6);
  EXPECT_DOUBLE_EQ(*all.allocator, 20e6);
  EXPECT_DOUBLE_EQ(*all.file_shmem, 6e6);
  EXPECT_DOUBLE_EQ(all.unexplained, 13e6);
  all = reconcile({.anon = 410e6});
  EXPECT_FALSE(all.sites);
  EXPECT_FALSE(all.allocator);
  EXPECT_FALSE(all.file_shmem);
  EXPECT_DOUBLE_EQ(all.unexplained, 410e6);
}

// Ops of one program say nothing of another's work, unless it drives the test.
TEST(OpsOfOthers, CountOnlyWhenTheirClientDrivesTheTest) {
  const auto slope_is_per_op = [](const std::string& role, bool marks) {
    RunModel run;
    const SubjectId redis = run.process("redis-server", 11);
    const SubjectId shop = run.process("shop", 12, role);
    const SubjectId shell = run.process("bash", 13);
    run.figure(redis, "rss_anon", [](double t) { return 1e7 + 1e5 * t; });
    run.figure(shop, "rss_anon", [](double t) { return 1e7 + 1e5 * t; });
    const SubjectId client = run.client("shop", shop);
    run.counts(client, "op.request", 100);
    run.phase(marks ? client : run.client("shell", shell), "load",
              PhaseKind::steady, 10, 390);
    const RunSummary summary = run.summarize(400);
    bool others = false;
    for (const Finding& finding : summary.findings) {
      if (finding.subject == redis) others = finding.slope_per_op.has_value();
      if (finding.subject == shop) {
        EXPECT_TRUE(finding.slope_per_op);
      }
    }
    return others;
  };
  EXPECT_FALSE(slope_is_per_op("", false));
  EXPECT_FALSE(slope_is_per_op("server", false));
  EXPECT_TRUE(slope_is_per_op("loadgen", false));
  EXPECT_TRUE(slope_is_per_op("driver", false));
  EXPECT_TRUE(slope_is_per_op("", true));
}

}  // namespace
}  // namespace tidemark::synthetic
