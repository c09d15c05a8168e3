// The packs of gates that come with the program; docs/gates.md says where the
// figures are from. Each watched process is held against each gate.
#include <array>

#include "core/analysis/gate_file.h"

namespace tidemark {
namespace {

constexpr std::string_view kDefault = R"(
[[gate]]
label = "memory"
expr = "max(rss_anon) < 1024MiB, warn 512MiB"
[[gate]]
label = "cpu"
expr = "p95(host.cpu) < 90%, warn 70%"
[[gate]]
label = "growth"
expr = "slope(rss_anon) per min < 10MiB @99%"
[[gate]]
label = "response"
expr = "max(span.*) < 5000ms"
[[gate]]
label = "errors"
expr = "ratio(span_errors.*, span.*) < 5%"
[[gate]]
label = "leaks"
expr = "leak(*) in {none, saturating, startup, step}, warn {suspect}"
)";

constexpr std::string_view kSla = R"(
[[gate]]
label = "p95"
expr = "p95(span.*) < 2000ms"
[[gate]]
label = "p99"
expr = "p99(span.*) < 5000ms"
[[gate]]
label = "mean"
expr = "mean(span.*) < 1000ms"
[[gate]]
label = "throughput"
expr = "rate(span.*) >= 10"
[[gate]]
label = "errors"
expr = "ratio(span_errors.*, span.*) < 1%"
)";

constexpr std::string_view kCi = R"(
[[gate]]
label = "response"
expr = "p95(span.*) < ${PERF_API_RESPONSE_TARGET:-2000}ms"
[[gate]]
label = "llm"
expr = """p95(span.llm*) < ${PERF_LLM_RESPONSE_TARGET:-10000}ms,
          on nodata pass"""
[[gate]]
label = "transformation"
expr = """p95(span.transform*) < ${PERF_TRANSFORMATION_TARGET:-1000}ms,
          on nodata pass"""
[[gate]]
label = "throughput"
expr = "rate(span.*) >= ${PERF_THROUGHPUT_TARGET:-150}"
[[gate]]
label = "memory"
expr = "max(rss_anon) < 1024MiB"
[[gate]]
label = "cache"
expr = """ratio(counter.cache_hit, counter.cache_request)
          >= ${PERF_CACHE_TARGET:-85}%, on nodata pass"""
[[gate]]
label = "errors"
expr = "ratio(span_errors.*, span.*) < 1%"
[[gate]]
label = "regression"
expr = "change(p95(span.*)) vs baseline < 10%, on nodata pass"
[[gate]]
label = "leaks"
expr = "leak(*) in {none, saturating, startup, step}, warn {suspect}"
)";

constexpr std::string_view kSoak = R"(
[[gate]]
label = "leaks"
expr = "leak(*) in {none, saturating, startup}, warn {suspect, step}"
[[gate]]
label = "growth"
expr = "slope(rss_anon) per min < 10MiB @99%"
[[gate]]
label = "oom"
expr = "sum(host.oom_kills) <= 0"
[[gate]]
label = "errors"
expr = "ratio(span_errors.*, span.*) < 5%"
)";

constexpr std::string_view kSpike = R"(
[[gate]]
label = "spike response"
expr = "max(span.*) during *spike* < 5000ms"
[[gate]]
label = "spike errors"
expr = "ratio(span_errors.*, span.*) during *spike* < 5%"
[[gate]]
label = "recovery"
expr = "p95(span.*) during *recovery* < 2000ms"
[[gate]]
label = "memory"
expr = "max(rss_anon) < 1024MiB, warn 512MiB"
)";

constexpr std::string_view kStress = R"(
[[gate]]
label = "errors"
expr = "ratio(span_errors.*, span.*) < 5%"
[[gate]]
label = "response"
expr = "p95(span.*) < 5000ms"
[[gate]]
label = "memory"
expr = "max(rss_anon) < 1024MiB, warn 512MiB"
[[gate]]
label = "oom"
expr = "sum(host.oom_kills) <= 0"
)";

constexpr std::array kPacks = {
    GatePack{"default", "memory, processor, growth, response, errors, leaks",
             kDefault},
    GatePack{"sla", "percentiles, throughput and errors of all spans", kSla},
    GatePack{"ci", "what a build must hold; PERF_... variables change it", kCi},
    GatePack{"soak", "leaks and growth over a long run", kSoak},
    GatePack{"spike", "phases named *spike* and *recovery*", kSpike},
    GatePack{"stress", "errors, response and memory at the limit", kStress},
};

}  // namespace

std::span<const GatePack> gate_packs() { return kPacks; }

const GatePack* find_gate_pack(std::string_view name) {
  for (const GatePack& pack : kPacks) {
    if (pack.name == name) return &pack;
  }
  return nullptr;
}

Result<std::vector<Gate>> load_gate_pack(const GatePack& pack,
                                         const VariableLookup& lookup) {
  return parse_gate_file(pack.text, "pack " + std::string(pack.name), lookup);
}

}  // namespace tidemark
