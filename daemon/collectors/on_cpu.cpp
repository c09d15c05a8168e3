// Where watched processes spend their CPU time, by call stack and phase.
#include "probes/on_cpu.h"

#include <memory>
#include <string>

#include "daemon/collectors/stack_probe.h"

namespace tidemark {
namespace {

class OnCpu final : public StackProbeCollector<OnCpuProbe, OnCpuStack> {
 public:
  OnCpu() : StackProbeCollector({"on_cpu_stacks", "on_cpu_unwinding"}) {}

 private:
  std::string source(const CollectorContext&) override {
    return "perf event cpu-clock, 49 Hz";
  }
  bool follow(const Subject& subject) override {
    return probe().follow(subject.process).has_value();
  }
  Share share(const OnCpuStack& stack) const override {
    return {SiteKind::on_cpu, {0, 0, stack.samples}};
  }
};

}  // namespace

std::unique_ptr<Collector> make_on_cpu() { return std::make_unique<OnCpu>(); }

}  // namespace tidemark
