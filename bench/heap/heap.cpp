// What a malloc+free pair costs: alone, with heap probes sampled and exact,
// with the choice of sites switched off, beside bpftrace and heaptrack. All in
// one run, in turn, each several times; the best of each counts.
//
//   build/release/bench/bench_heap [WORDS OF A CASE [MILLISECONDS]]
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/bpf/heap_session.h"
#include "tests/heap/shim_host.h"

namespace tidemark {
namespace {

using testing_bpf::CuedTarget;
using testing_bpf::HeapSession;

constexpr int kRounds = 3;
std::vector<std::string> target_words = {TIDEMARK_BENCH_PAIRS, "400"};

double finish(CuedTarget& target) {
  target.answer();
  if (!target.hear("pair_ns ")) return 0;
  target.hear("\n");
  return std::atof(target.heard().c_str());
}

double alone() {
  CuedTarget target(target_words);
  target.hear("ready\n");
  return finish(target);
}

double probed(HeapTracer& tracer, uint64_t period, bool choose_sites) {
  FindOptions options;
  options.choose_sites = choose_sites;
  HeapSession session(tracer, options);
  CuedTarget target(target_words);
  target.hear("ready\n");
  if (const Status attached = session.attach(target.pid()); !attached) {
    std::fprintf(stderr, "%s\n", attached.error().what.c_str());
    return 0;
  }
  session.sample(period);
  return finish(target);
}

// What libbpf-tools' memleak does (libbpf-tools/memleak.bpf.c: sizes, allocs,
// combined_allocs), in as few steps as bpftrace has for it: the size by thread;
// size, time and stack of each block; bytes alive by stack, at both ends.
constexpr const char* kScript = R"(
uprobe:LIBC:malloc /pid == PID/ { @size[tid] = arg0; }
uretprobe:LIBC:malloc /pid == PID && @size[tid]/ {
  $stack = ustack;
  @live[retval] = (@size[tid], nsecs, $stack);
  @bytes[$stack] += @size[tid];
  delete(@size[tid]);
}
uprobe:LIBC:free /pid == PID/ {
  $block = @live[arg0];
  if ($block.0) { @bytes[$block.2] -= $block.0; delete(@live[arg0]); }
}
END { clear(@size); clear(@live); clear(@bytes); }
)";

std::string replace(std::string text, const std::string& from,
                    const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

double by_bpftrace() {
  CuedTarget target(target_words);
  target.hear("ready\n");
  const std::string script =
      replace(replace(kScript, "LIBC", "/lib/x86_64-linux-gnu/libc.so.6"),
              "PID", std::to_string(target.pid().value));
  CuedTarget tool({"/usr/bin/bpftrace", "-p",
                   std::to_string(target.pid().value), "-e", script},
                  {"PATH=/usr/bin:/bin", "BPFTRACE_MAP_KEYS_MAX=1000000"});
  if (!tool.hear("Attaching ")) return 0;
  std::this_thread::sleep_for(std::chrono::seconds(3));
  return finish(target);
}

double by_heaptrack() {
  char pattern[] = "/tmp/tidemark-bench-XXXXXX";
  const std::string folder = ::mkdtemp(pattern);
  double ns = 0;
  {
    std::vector<std::string> words = {"/usr/bin/heaptrack", "-o",
                                      folder + "/trace"};
    words.insert(words.end(), target_words.begin(), target_words.end());
    CuedTarget target(words, {"PATH=/usr/bin:/bin", "HOME=/tmp"});
    target.hear("ready\n");
    ns = finish(target);
    target.answer();
    target.wait();
  }
  if (std::system(("rm -r " + folder).c_str()) != 0) return 0;
  return ns;
}

double under_shim(uint64_t period) {
  const testing_heap::ShimHost host;
  CuedTarget target(target_words, host.environment(period));
  target.hear("ready\n");
  return finish(target);
}

struct Case {
  const char* name;
  std::function<double()> run;
  double best = 0;
};

// What the shim adds to a pair, beside what heaptrack adds.
void print_shim(const std::vector<Case>& cases) {
  const double alone_ns = cases[0].best;
  const double tool = cases[6].best - alone_ns;
  for (size_t i = 7; i < cases.size(); ++i) {
    const double over = cases[i].best - alone_ns;
    if (cases[i].best == 0 || tool <= 0) continue;
    std::printf(
        "%s: %.1f ns over alone, %.3f of heaptrack's %.1f ns (1/%.1f)\n",
        cases[i].name, over, over / tool, tool, tool / over);
  }
}

int run(const std::string& only) {
  auto opened = HeapTracer::open({});
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().what.c_str());
    return 1;
  }
  HeapTracer& tracer = **opened;
  const HeapTrapCost cost = tracer.trap_cost();
  std::printf(
      "%s: a hit costs %.0f ns emulated, %.0f ns single-stepped, its "
      "return %.0f ns\n",
      heap_attachment_name(tracer.attachment()), cost.fast_ns, cost.slow_ns,
      cost.return_ns);
  constexpr uint64_t kSampled = 64 << 10;
  std::vector<Case> cases = {
      {"alone", alone},
      {"probes, one sample in 64 KiB",
       [&] { return probed(tracer, kSampled, true); }},
      {"probes, exact", [&] { return probed(tracer, 1, true); }},
      {"the same at the entries, sampled",
       [&] { return probed(tracer, kSampled, false); }},
      {"the same at the entries, exact",
       [&] { return probed(tracer, 1, false); }},
      {"bpftrace, as memleak does it", by_bpftrace},
      {"heaptrack", by_heaptrack},
      {"shim, one sample in 512 KiB", [] { return under_shim(512 << 10); }},
      {"shim, exact", [] { return under_shim(1); }},
  };
  for (int round = 0; round < kRounds; ++round) {
    for (Case& each : cases) {
      if (std::string(each.name).find(only) == std::string::npos) continue;
      const double ns = each.run();
      if (ns > 0 && (each.best == 0 || ns < each.best)) each.best = ns;
    }
  }
  const double tool = cases[5].best;
  for (const Case& each : cases) {
    if (each.best == 0) continue;
    std::printf("%-36s %9.1f ns a pair", each.name, each.best);
    if (tool > 0 && &each != &cases[5]) {
      std::printf("  %7.1f times cheaper than bpftrace", tool / each.best);
    }
    std::printf("\n");
  }
  print_shim(cases);
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc > 2) tidemark::target_words[1] = argv[2];
  return tidemark::run(argc > 1 ? argv[1] : "");
}
