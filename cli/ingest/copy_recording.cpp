#include "cli/ingest/copy_recording.h"

#include <unordered_map>
#include <utility>

namespace tidemark {
namespace {

// The first pass: all names, and whether the recording is whole.
struct Known {
  Dictionary names;
  StackTable stacks;
};

Result<Known> read_whole(const std::string& path) {
  TIDEMARK_TRY(auto reader, RecordingReader::open(path));
  while (reader.next()) {
  }
  if (!reader.closed()) {
    return fail(ErrorKind::malformed,
                path + ": not closed: still being written, or its writer died");
  }
  if (!reader.damages().empty()) {
    return fail(ErrorKind::malformed,
                path + ": damaged; `tidemark verify` says where");
  }
  return Known{reader.dictionary(), reader.stacks()};
}

class Copier {
 public:
  Copier(RecordingReader reader, RecordingWriter writer,
         RecordingAddition& addition)
      : reader_(std::move(reader)),
        writer_(std::move(writer)),
        addition_(addition) {}

  Status run(const Known& known);

 private:
  void define_stacks(const StackTable& stacks);
  void define_new();
  Status copy_frame(const Frame& frame);
  void copy_column(const Column& column);

  RecordingReader reader_;
  RecordingWriter writer_;
  RecordingAddition& addition_;
  Frame frame_;
  std::unordered_map<MetricId, BootTime> read_before_;
  std::unordered_map<SubjectId, Subject> subjects_;
  size_t metrics_ = 0;
};

void Copier::define_stacks(const StackTable& stacks) {
  for (const auto& [id, module] : stacks.modules()) writer_.define(module);
  for (const auto& [id, stack] : stacks.stacks()) writer_.define(stack);
  for (const auto& [address, frames] : stacks.names()) {
    writer_.define(AddressSymbols{address, frames});
  }
}

// What the last item brought, and what it changed.
void Copier::define_new() {
  const auto& metrics = reader_.dictionary().metrics();
  for (; metrics_ < metrics.size(); ++metrics_) {
    if (metrics[metrics_].id.valid()) writer_.define(metrics[metrics_]);
  }
  for (const Subject& subject : reader_.dictionary().subjects()) {
    const auto [known, is_new] = subjects_.try_emplace(subject.id, subject);
    if (!is_new && known->second == subject) continue;
    known->second = subject;
    writer_.define(subject);
  }
}

// A chapter's first frame repeats what was read before it: that is known.
void Copier::copy_column(const Column& column) {
  const auto [before, is_new] =
      read_before_.try_emplace(column.metric, column.read_begin);
  if (!is_new && before->second == column.read_begin) return;
  before->second = column.read_begin;
  Column& copy = frame_.columns.emplace_back();
  copy.metric = column.metric;
  copy.read_begin = column.read_begin;
  copy.read_span = column.read_span;
  reader_.for_each_value(column.metric, [&](SubjectId subject, int64_t value) {
    copy.subjects.push_back(subject);
    copy.values.push_back(value);
  });
}

Status Copier::copy_frame(const Frame& frame) {
  frame_ = Frame();
  frame_.time = frame.time;
  frame_.kind = frame.kind;
  frame_.complete = frame.complete;
  frame_.interval_ns = frame.interval_ns;
  frame_.histograms = frame.histograms;
  frame_.ended = frame.ended;
  for (const Column& column : frame.columns) copy_column(column);
  addition_.add(reader_.anchor().realtime_at(frame.time), frame_);
  return writer_.write_frame(frame_, reader_.anchor());
}

Status Copier::run(const Known& known) {
  define_stacks(known.stacks);
  addition_.begin(known.names, writer_);
  while (const auto item = reader_.next()) {
    define_new();
    Status status;
    if (item->frame != nullptr) status = copy_frame(*item->frame);
    if (item->events != nullptr) status = writer_.write_events(*item->events);
    if (item->gap != nullptr) {
      const Gap& gap = *item->gap;
      status = writer_.write_gap(gap.from, gap.to, gap.ticks, gap.reason);
    }
    if (item->end) {
      TIDEMARK_CHECK(writer_.write_events(addition_.end()));
      return writer_.close(item->time);
    }
    TIDEMARK_CHECK(std::move(status));
  }
  return fail(ErrorKind::malformed, reader_.path() + ": no end");
}

}  // namespace

Status copy_recording(const std::string& from, const std::string& to,
                      RecordingAddition& addition) {
  TIDEMARK_TRY(const Known known, read_whole(from));
  TIDEMARK_TRY(auto reader, RecordingReader::open(from));
  TIDEMARK_TRY(auto writer, RecordingWriter::create(to, reader.info()));
  return Copier(std::move(reader), std::move(writer), addition).run(known);
}

}  // namespace tidemark
