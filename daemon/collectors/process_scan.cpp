// T1: one pass over all processes. Feeds the process table, so it runs first.
#include <unistd.h>

#include <string>
#include <utility>

#include "daemon/collectors/process_iterator.h"
#include "daemon/collectors/process_text.h"
#include "daemon/collectors/process_values.h"
#include "daemon/procfs/process_directory.h"
#include "daemon/procfs/process_io.h"

namespace tidemark {
namespace {

class ProcessScanCollector final : public Collector,
                                   private ProcessSource::Visitor {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    proc_ = context.roots.proc;
    table_ = &context.processes;
    metrics_.define(context.definer);
    return choose_source(context.roots);
  }

  Status collect(const CollectRequest& request, FrameBuilder& frame) override {
    metrics_.begin();
    kind_ = request.kind;
    table_->begin_scan();
    const Status status = source_->scan(*this);
    metrics_.end(frame);
    // After a pass that was cut short, the unseen are not the ended.
    if (status) table_->end_scan();
    return status;
  }

 private:
  // The ladder, best first; each step is tried with the real object.
  Result<std::string> choose_source(const Roots& roots) {
    const ProcessText::Figures figures{::sysconf(_SC_CLK_TCK),
                                       ::sysconf(_SC_PAGESIZE)};
    std::string why_not;
    // The kernel's own list is of this machine only, not of a fixture.
    if (roots.proc == Roots().proc) {
      auto iterator = ProcessIterator::open(figures.page_size);
      if (iterator) {
        source_ = std::move(*iterator);
        return std::string("iter/task");
      }
      // The remedy is the doctor's to tell.
      const std::string& what = iterator.error().what;
      why_not = " (" + what.substr(0, what.find("; ")) + ")";
    }
    const size_t keep = procfs::kept_descriptors_limit();
    auto text = std::make_unique<ProcessText>(roots.proc, keep, figures);
    TIDEMARK_CHECK(text->open());
    source_ = std::move(text);
    return (keep > 0 ? "kept-fd stat" : "open stat") + why_not;
  }

  void visit(const ProcessSample& sample) override {
    const SubjectId id = table_->observe(sample.who);
    if (sample.io && kind_ == FrameKind::tick) {
      metrics_.add(id, sample);
      return;
    }
    const Subject* subject = table_->find(id);
    const bool watched = subject != nullptr && subject->watched;
    if (kind_ == FrameKind::edge && !watched) return;
    metrics_.add(id, sample);
    if (!sample.io && watched) put_io(*subject);
  }

  // The text source's I/O, of one process.
  void put_io(const Subject& subject) {
    const auto directory =
        procfs::ProcessDirectory::open(proc_, subject.process);
    if (!directory) return;
    const auto text = directory->read("io", buffer_, 1u << 16);
    if (!text) return;  // another user's: absent
    if (const auto io = procfs::parse_process_io(*text)) {
      metrics_.add_io(subject.id,
                      {io->read.count, io->write.count, io->rchar.count,
                       io->wchar.count, io->cancelled_write.count});
    }
  }

  std::string proc_;
  std::string buffer_;
  ProcessTable* table_ = nullptr;
  ProcessMetrics metrics_;
  std::unique_ptr<ProcessSource> source_;
  FrameKind kind_ = FrameKind::tick;
};

}  // namespace

std::unique_ptr<Collector> make_process_scan() {
  return std::make_unique<ProcessScanCollector>();
}

}  // namespace tidemark
