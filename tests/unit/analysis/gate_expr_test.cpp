// The grammar of gates and what it says of mistakes.
#include "core/analysis/gate_expr.h"

#include <gtest/gtest.h>

#include "core/analysis/gate_metrics.h"

namespace tidemark {
namespace {

GateExpr parsed(std::string_view text) {
  auto gate = parse_gate(text);
  EXPECT_TRUE(gate) << gate.error().what;
  if (!gate) return {};
  const Status status = check_gate(*gate);
  EXPECT_TRUE(status) << status.error().what;
  return *gate;
}

// The error without the expression it repeats.
std::string error_of(std::string_view text) {
  auto gate = parse_gate(text);
  Status status;
  if (gate) {
    status = check_gate(*gate);
  } else {
    status = std::unexpected(gate.error());
  }
  if (status) return "accepted";
  EXPECT_EQ(status.error().kind, ErrorKind::usage);
  const std::string begin = "gate '" + std::string(text) + "': ";
  EXPECT_TRUE(status.error().what.starts_with(begin)) << status.error().what;
  return status.error().what.substr(begin.size());
}

TEST(GateExpr, ReadsTheExamplesOfTheManual) {
  const GateExpr memory =
      parsed("max(rss_anon{role='server'}) during steady < 1GiB, warn 512MiB");
  EXPECT_EQ(memory.value.function, GateFunction::max);
  ASSERT_EQ(memory.value.metrics.size(), 1u);
  EXPECT_EQ(memory.value.metrics[0].name, "rss_anon");
  ASSERT_EQ(memory.value.metrics[0].selector.size(), 1u);
  EXPECT_EQ(memory.value.metrics[0].selector[0].key, "role");
  EXPECT_EQ(memory.value.metrics[0].selector[0].value, "server");
  EXPECT_EQ(memory.value.during, "steady");
  EXPECT_EQ(memory.compare, GateCompare::less);
  EXPECT_EQ(memory.limit.value, 1024.0 * 1024 * 1024);
  ASSERT_TRUE(memory.warn);
  EXPECT_EQ(memory.warn->value, 512.0 * 1024 * 1024);

  const GateExpr cpu =
      parsed("p95(cpu{role='server'}) during steady < 90%, warn 70%, for 10s");
  EXPECT_EQ(cpu.value.function, GateFunction::quantile);
  EXPECT_DOUBLE_EQ(cpu.value.quantile, 0.95);
  EXPECT_DOUBLE_EQ(cpu.limit.value, 0.9);
  EXPECT_EQ(cpu.hold, std::chrono::seconds(10));

  const GateExpr slope =
      parsed("slope(heap.live{role='server'}) per op during soak/* < 16B @99%");
  EXPECT_EQ(slope.value.per, GatePer::op);
  EXPECT_EQ(slope.value.during, "soak/*");
  ASSERT_TRUE(slope.value.confidence);
  EXPECT_DOUBLE_EQ(*slope.value.confidence, 0.99);

  const GateExpr leak = parsed("leak(server) in {none, saturating}");
  EXPECT_EQ(leak.value.target, "server");
  EXPECT_EQ(leak.verdicts,
            (std::vector<Verdict>{Verdict::none, Verdict::saturating}));

  const GateExpr change =
      parsed("change(p95(span.checkout)) vs baseline < +10%, warn +5%");
  EXPECT_TRUE(change.is_change);
  EXPECT_EQ(change.reference, "baseline");
  EXPECT_DOUBLE_EQ(change.limit.value, 0.1);

  EXPECT_TRUE(parsed("retained(fds) across cycles <= 0").value.across_cycles);
  const GateExpr ratio =
      parsed("ratio(counter.cache_hit,counter.cache_req) > 0.85");
  EXPECT_EQ(ratio.value.metrics.size(), 2u);
}

TEST(GateExpr, ReadsSelectors) {
  const GateExpr gate =
      parsed("last(rss{comm=~'post*', pid != 7,exe!~\"/usr/*\"}) >= 0");
  const auto& selector = gate.value.metrics.at(0).selector;
  ASSERT_EQ(selector.size(), 3u);
  EXPECT_EQ(selector[0].op, GateMatch::Op::like);
  EXPECT_EQ(selector[0].value, "post*");
  EXPECT_EQ(selector[1].op, GateMatch::Op::differs);
  EXPECT_EQ(selector[2].op, GateMatch::Op::unlike);
  EXPECT_EQ(selector[2].value, "/usr/*");
}

TEST(GateExpr, ReadsWhatMayFollowTheLimit) {
  const GateExpr gate = parsed(
      "disk : growth(io_write_bytes) < 10MiB/min , abort, after 1m30s, "
      "on nodata warn");
  EXPECT_EQ(gate.label, "disk");
  EXPECT_EQ(gate.value.per, GatePer::minute);
  EXPECT_TRUE(gate.abort);
  EXPECT_EQ(gate.after, std::chrono::seconds(90));
  EXPECT_EQ(gate.on_nodata, GateStatus::warn);
}

TEST(GateExpr, ReadsPercentilesOfK6) {
  const auto gate = parse_gate("p(99.9) < 500ms", "span.checkout");
  ASSERT_TRUE(gate) << gate.error().what;
  EXPECT_DOUBLE_EQ(gate->value.quantile, 0.999);
  EXPECT_EQ(gate->value.metrics.at(0).name, "span.checkout");
  EXPECT_TRUE(check_gate(*gate));
  EXPECT_DOUBLE_EQ(parsed("p(95)(span.x) < 1h30m").limit.value, 5400);
}

TEST(GateExpr, KibibytesAreNotKilobytes) {
  EXPECT_EQ(parsed("max(rss) < 1kB").limit.value, 1000);
  EXPECT_EQ(parsed("max(rss) < 1KiB").limit.value, 1024);
  EXPECT_EQ(parsed("max(rss) < 1.5 MB").limit.value, 1.5e6);
}

TEST(GateExpr, SaysWhereAMistakeIsAndWhatWasMeant) {
  EXPECT_EQ(error_of("maxx(rss) < 1GiB"),
            "at 1: unknown function 'maxx'; did you mean 'max'?");
  EXPECT_EQ(error_of("max(rss_annon) < 1GiB"),
            "at 5: unknown metric 'rss_annon'; did you mean 'rss_anon'?");
  EXPECT_EQ(error_of("max(rss{rolle='x'}) < 1GiB"),
            "at 9: unknown selector 'rolle'; did you mean 'role'?");
  EXPECT_EQ(error_of("max(rss) < 1KB"),
            "at 12: unknown unit 'KB'; did you mean 'kB'? (1 kB = 1000 B, "
            "1 KiB = 1024 B)");
  EXPECT_EQ(error_of("max(rss < 1GiB"), "at 9: ')' is expected here, not '<'");
  EXPECT_EQ(error_of("max(rss)"),
            "at 9: '<', '<=', '>', '>=', '==', '!=' or 'in' is expected "
            "here, not the end");
  EXPECT_EQ(error_of("leak(a) in {nonee}"),
            "at 13: unknown verdict 'nonee'; did you mean 'none'?");
  EXPECT_EQ(error_of("max(rss{role='x) < 1"),
            "at 14: this quote is never closed");
  EXPECT_EQ(error_of(""), "at 1: a function is expected here, not the end");
  EXPECT_EQ(error_of("max(rss) < 1GiB, wran 2GiB"),
            "at 18: warn, abort, for, after or on nodata is expected here, "
            "not 'wran'");
}

TEST(GateExpr, UnitsAreMandatory) {
  EXPECT_EQ(error_of("max(rss) < 512"),
            "at 12: '512' is no limit of bytes: write a size with its unit, "
            "one of B kB KiB MB MiB GB GiB TB TiB (1 kB = 1000 B, 1 KiB = "
            "1024 B)");
  EXPECT_EQ(error_of("p95(cpu) < 90"),
            "at 12: '90' is no limit of ratio: write a percentage, such as "
            "90%");
  EXPECT_EQ(error_of("p95(span.x) < 500"),
            "at 15: '500' is no limit of seconds: write a time with its unit, "
            "one of ns us ms s min h d");
  EXPECT_EQ(error_of("max(fds) < 5MiB"),
            "at 12: '5MiB' is no limit of count: write a number without a "
            "unit");
  EXPECT_EQ(error_of("max(rss) <= 0"), "accepted");
}

TEST(GateExpr, RefusesWhatMakesNoSense) {
  EXPECT_EQ(error_of("rate(rss) < 1MiB"),
            "at 1: this is of counters; of a level take slope or growth");
  EXPECT_EQ(error_of("slope(cpu) < 1%"),
            "at 1: this is of levels; of a counter take rate or growth");
  EXPECT_EQ(error_of("max(rss) < 1GiB, warn 2GiB"),
            "at 23: it would fail before it warns: the two limits are the "
            "wrong way round");
  EXPECT_EQ(error_of("max(rss) in {none}"),
            "at 1: only leak() has verdicts to be in");
  EXPECT_EQ(error_of("leak(x) < 3"),
            "at 11: leak() is compared with verdicts: in {none, saturating}");
  EXPECT_EQ(error_of("max(span.x{role=y}) < 3s"),
            "at 12: spans of all clients are taken together; choose by the "
            "span's name");
  EXPECT_EQ(error_of("max(rss) < 1GiB @99%"),
            "at 17: a confidence is of slope() alone");
  EXPECT_EQ(error_of("p101(rss) < 1GiB"),
            "at 1: a percentile lies between p0 and p100");
}

TEST(GateExpr, KnowsTheUnitOfItsValue) {
  const auto unit = [](std::string_view text) {
    return gate_unit(parsed(text)).name;
  };
  EXPECT_EQ(unit("max(rss) < 1GiB"), "bytes");
  EXPECT_EQ(unit("p95(cpu) < 90%"), "ratio");
  EXPECT_EQ(unit("slope(rss) < 1MiB"), "bytes/min");
  EXPECT_EQ(unit("slope(rss) per op < 16B"), "bytes/op");
  EXPECT_EQ(unit("rate(op.request) >= 10"), "count/s");
  EXPECT_EQ(unit("growth(cpu) per op < 5ms"), "seconds/op");
  EXPECT_EQ(unit("max(io_read_bytes) < 5MB/s"), "bytes/s");
  EXPECT_EQ(unit("count(span.x) > 5"), "count");
  EXPECT_EQ(unit("p99(span.x) < 5s"), "seconds");
  EXPECT_EQ(unit("max(fds) < 5"), "count");
}

}  // namespace
}  // namespace tidemark
