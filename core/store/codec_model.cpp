// Dictionaries, chapter heads, events, gaps and the end.
#include "core/store/codec_wire.h"

namespace tidemark {
namespace {

// File offsets are signed.
constexpr uint64_t kMaxOffset = INT64_MAX;
constexpr uint32_t kWatched = 1;
constexpr uint32_t kKernelThread = 2;

constexpr int32_t wrapping_sub32(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) -
                              static_cast<uint32_t>(b));
}
constexpr int32_t wrapping_add32(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) +
                              static_cast<uint32_t>(b));
}

// Closed sets of one byte: a value of a newer minor version passes through.
template <typename Enum>
Enum to_enum(uint32_t value) {
  return static_cast<Enum>(static_cast<uint8_t>(value));
}

void to_wire(const Metric& metric, wire::Metric& out) {
  out.set_name(metric.name);
  out.set_subject(static_cast<uint32_t>(metric.subject));
  out.set_kind(static_cast<uint32_t>(metric.kind));
  out.set_unit(static_cast<uint32_t>(metric.unit));
  out.set_help(metric.help);
}

Metric from_wire(const wire::Metric& in, uint32_t id) {
  return {.id = MetricId(id),
          .name = in.name(),
          .subject = to_enum<SubjectKind>(in.subject()),
          .kind = to_enum<MetricKind>(in.kind()),
          .unit = to_enum<Unit>(in.unit()),
          .help = in.help()};
}

void to_wire(const Subject& subject, const Subject& before,
             wire::Subject& out) {
  out.set_kind(static_cast<uint32_t>(subject.kind));
  out.set_name(subject.name);
  out.set_pid_delta(
      wrapping_sub32(subject.process.pid.value, before.process.pid.value));
  out.set_start_delta(static_cast<int64_t>(subject.process.start_ticks -
                                           before.process.start_ticks));
  out.set_parent_delta(
      wrapping_sub32(subject.parent.value, before.parent.value));
  out.set_command(subject.command);
  out.set_exe(subject.exe);
  out.set_cgroup(subject.cgroup);
  out.set_role(subject.role);
  out.set_flags((subject.watched ? kWatched : 0) |
                (subject.kernel_thread ? kKernelThread : 0));
  out.set_exec_epoch(subject.exec_epoch);
  out.set_owner(id_to_wire(subject.owner));
  out.set_stack(id_to_wire(subject.stack));
  out.set_site_kind(static_cast<uint32_t>(subject.site_kind));
  out.set_cohort(subject.cohort);
}

void from_wire(const wire::Subject& in, const Subject& before, Subject& out) {
  out.kind = to_enum<SubjectKind>(in.kind());
  out.name = in.name();
  out.process.pid.value =
      wrapping_add32(before.process.pid.value, in.pid_delta());
  out.process.start_ticks =
      before.process.start_ticks + static_cast<uint64_t>(in.start_delta());
  out.parent.value = wrapping_add32(before.parent.value, in.parent_delta());
  out.command = in.command();
  out.exe = in.exe();
  out.cgroup = in.cgroup();
  out.role = in.role();
  out.watched = (in.flags() & kWatched) != 0;
  out.kernel_thread = (in.flags() & kKernelThread) != 0;
  out.exec_epoch = in.exec_epoch();
  out.owner.value = in.owner() - 1;
  out.stack.value = in.stack() - 1;
  out.site_kind = to_enum<SiteKind>(in.site_kind());
  out.cohort = in.cohort();
}

void to_wire(const ClockAnchor& anchor, wire::Anchor& out) {
  out.set_boot_ns(anchor.boot_ns);
  out.set_monotonic_ns(anchor.monotonic_ns);
  out.set_realtime_ns(anchor.realtime_ns);
}

ClockAnchor from_wire(const wire::Anchor& in) {
  return {in.boot_ns(), in.monotonic_ns(), in.realtime_ns()};
}

void to_wire(const RecordingInfo& info, wire::Info& out) {
  out.set_producer(info.producer);
  out.set_host(info.host);
  out.set_kernel(info.kernel);
  out.set_cpu_model(info.cpu_model);
  out.set_cpu_count(info.cpu_count);
  out.set_memory_bytes(info.memory_bytes);
  out.set_page_size(info.page_size);
  out.set_ticks_per_second(info.ticks_per_second);
  out.set_interval_ns(info.interval_ns);
  for (const std::string& word : info.command) out.add_command(word);
  for (const std::string& level : info.levels) out.add_levels(level);
  to_wire(info.anchor, *out.mutable_anchor());
  out.set_socket(info.socket);
}

void from_wire(const wire::Info& in, RecordingInfo& info) {
  info.producer = in.producer();
  info.host = in.host();
  info.kernel = in.kernel();
  info.cpu_model = in.cpu_model();
  info.cpu_count = in.cpu_count();
  info.memory_bytes = in.memory_bytes();
  info.page_size = in.page_size();
  info.ticks_per_second = in.ticks_per_second();
  info.interval_ns = in.interval_ns();
  info.command.assign(in.command().begin(), in.command().end());
  info.levels.assign(in.levels().begin(), in.levels().end());
  info.anchor = from_wire(in.anchor());
  info.socket = in.socket();
}

void to_wire(const ProcessLife& life, wire::Life& out) {
  out.set_pid(life.key.pid.value);
  out.set_start_ticks(life.key.start_ticks);
  out.set_parent(life.parent.value);
  out.set_cpu_user_ns(life.cpu_user_ns);
  out.set_cpu_system_ns(life.cpu_system_ns);
  out.set_rss_peak_bytes(life.rss_peak_bytes);
  out.set_io_read_bytes(life.io_read_bytes);
  out.set_io_write_bytes(life.io_write_bytes);
  out.set_begin_ns(life.begin_ns);
}

ProcessLife from_wire(const wire::Life& in) {
  return {.key = {Pid{in.pid()}, in.start_ticks()},
          .parent = Pid{in.parent()},
          .cpu_user_ns = in.cpu_user_ns(),
          .cpu_system_ns = in.cpu_system_ns(),
          .rss_peak_bytes = in.rss_peak_bytes(),
          .io_read_bytes = in.io_read_bytes(),
          .io_write_bytes = in.io_write_bytes(),
          .begin_ns = in.begin_ns()};
}

void to_wire(const Event& event, int64_t time_ns, wire::Event& out) {
  out.set_time_delta(wrapping_sub(to_ns(event.time), time_ns));
  out.set_kind(static_cast<uint32_t>(event.kind));
  if (event.subject.valid()) out.set_subject(event.subject.value);
  out.set_name(event.name);
  out.set_text(event.text);
  out.set_value(event.value);
  out.set_phase_kind(static_cast<uint32_t>(event.phase_kind));
  out.set_lane(event.lane);
  out.set_sequence(event.sequence);
  if (event.received != BootTime()) {
    out.set_received_delta(
        wrapping_sub(to_ns(event.received), to_ns(event.time)));
  }
  if (event.life != ProcessLife()) to_wire(event.life, *out.mutable_life());
}

Event from_wire(const wire::Event& in, int64_t time_ns) {
  Event event;
  const int64_t time = wrapping_add(time_ns, in.time_delta());
  event.time = boot_time(time);
  event.kind = to_enum<EventKind>(in.kind());
  if (in.has_subject()) event.subject = SubjectId(in.subject());
  event.name = in.name();
  event.text = in.text();
  event.value = in.value();
  event.phase_kind = to_enum<PhaseKind>(in.phase_kind());
  event.lane = in.lane();
  event.sequence = in.sequence();
  if (in.has_received_delta()) {
    event.received = boot_time(wrapping_add(time, in.received_delta()));
  }
  if (in.has_life()) event.life = from_wire(in.life());
  return event;
}

void to_wire(const DictionaryRecord& from, wire::Dictionary& to) {
  IdGaps metric_gaps;
  for (const Metric& metric : from.metrics) {
    wire::Metric& out = *to.add_metrics();
    out.set_id_gap(metric_gaps.gap(metric.id.value));
    to_wire(metric, out);
  }
  IdGaps subject_gaps;
  const Subject zero;
  const Subject* before = &zero;
  for (const Subject& subject : from.subjects) {
    wire::Subject& out = *to.add_subjects();
    out.set_id_gap(subject_gaps.gap(subject.id.value));
    to_wire(subject, *before, out);
    before = &subject;
  }
}

bool from_wire(const wire::Dictionary& from, DictionaryRecord& to) {
  to.clear();
  IdGaps metric_gaps;
  for (const wire::Metric& metric : from.metrics()) {
    uint32_t id = 0;
    if (!metric_gaps.id(metric.id_gap(), id)) return false;
    to.metrics.push_back(from_wire(metric, id));
  }
  IdGaps subject_gaps;
  const Subject zero;
  to.subjects.reserve(static_cast<size_t>(from.subjects_size()));
  for (const wire::Subject& subject : from.subjects()) {
    Subject out;
    if (!subject_gaps.id(subject.id_gap(), out.id.value)) return false;
    from_wire(subject, to.subjects.empty() ? zero : to.subjects.back(), out);
    to.subjects.push_back(std::move(out));
  }
  return true;
}

// Skips a varint; false at the end of the bytes.
bool skip_varint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool skip_bytes(std::string_view& bytes, uint64_t count) {
  if (count > bytes.size()) return false;
  bytes.remove_prefix(count);
  return true;
}

bool skip_field(std::string_view& bytes) {
  uint64_t tag = 0;
  uint64_t value = 0;
  if (!skip_varint(bytes, tag)) return false;
  switch (tag & 7) {
    case 0: return skip_varint(bytes, value);
    case 1: return skip_bytes(bytes, 8);
    case 2: return skip_varint(bytes, value) && skip_bytes(bytes, value);
    case 5: return skip_bytes(bytes, 4);
    default: return false;  // groups: never written
  }
}

}  // namespace

bool few_fields(std::string_view bytes) {
  for (size_t count = 0; !bytes.empty(); ++count) {
    if (count == kMaxFields || !skip_field(bytes)) return false;
  }
  return true;
}

void Codec::encode(const DictionaryRecord& dictionary, std::string& out) {
  wire::Dictionary& message = messages_->dictionary;
  message.Clear();
  to_wire(dictionary, message);
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, DictionaryRecord& dictionary) {
  wire::Dictionary& message = messages_->dictionary;
  return parse(message, bytes) && from_wire(message, dictionary);
}

void Codec::encode(const RecordingInfo& info, std::string& out) {
  wire::Info& message = messages_->info;
  message.Clear();
  to_wire(info, message);
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, RecordingInfo& info) {
  wire::Info& message = messages_->info;
  if (!parse(message, bytes)) return false;
  from_wire(message, info);
  return true;
}

void Codec::encode(const ChapterRecord& chapter, std::string& out) {
  wire::Chapter& message = messages_->chapter;
  message.Clear();
  encode(chapter.info, *message.mutable_info());
  to_wire(chapter.anchor, *message.mutable_anchor());
  message.set_dictionary(chapter.dictionary);
  message.set_state(chapter.state);
  message.set_summary(chapter.summary);
  uint64_t before = 0;
  for (const uint64_t offset : chapter.stacks) {
    message.add_stacks_gaps(offset - before);
    before = offset;
  }
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, ChapterRecord& chapter) {
  wire::Chapter& message = messages_->chapter;
  if (!parse(message, bytes)) return false;
  if (!decode(message.info(), chapter.info)) return false;
  chapter.anchor = from_wire(message.anchor());
  chapter.dictionary = message.dictionary();
  chapter.state = message.state();
  chapter.summary = message.summary();
  chapter.stacks.clear();
  uint64_t offset = 0;
  for (const uint64_t gap : message.stacks_gaps()) {
    if (gap == 0 || gap > kMaxOffset - offset) return false;
    chapter.stacks.push_back(offset += gap);
  }
  return true;
}

void Codec::encode(const EventsRecord& events, std::string& out) {
  wire::Events& message = messages_->events;
  message.Clear();
  if (!events.dictionary.empty()) {
    encode(events.dictionary, *message.mutable_dictionary());
  }
  for (const Event& event : events.events) {
    to_wire(event, events.time_ns, *message.add_events());
  }
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, EventsRecord& events) {
  wire::Events& message = messages_->events;
  events.events.clear();
  if (!parse(message, bytes)) return false;
  if (!decode(message.dictionary(), events.dictionary)) return false;
  for (const wire::Event& event : message.events()) {
    events.events.push_back(from_wire(event, events.time_ns));
  }
  return true;
}

void Codec::encode(const GapRecord& gap, std::string& out) {
  wire::Gap& message = messages_->gap;
  message.Clear();
  message.set_from_ns(to_ns(gap.gap.from));
  message.set_to_ns(to_ns(gap.gap.to));
  message.set_ticks(gap.gap.ticks);
  message.set_reason(gap.gap.reason);
  if (!gap.dictionary.empty()) {
    encode(gap.dictionary, *message.mutable_dictionary());
  }
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, GapRecord& gap) {
  wire::Gap& message = messages_->gap;
  if (!parse(message, bytes)) return false;
  gap.gap = {.from = boot_time(message.from_ns()),
             .to = boot_time(message.to_ns()),
             .ticks = message.ticks(),
             .reason = message.reason()};
  return decode(message.dictionary(), gap.dictionary);
}

void Codec::encode(const EndRecord& end, std::string& out) {
  wire::End& message = messages_->end;
  message.Clear();
  message.set_ticks(end.ticks);
  message.set_events(end.events);
  message.set_gaps(end.gaps);
  message.set_chapters(end.chapters);
  message.set_state(end.state);
  message.set_summary(end.summary);
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, EndRecord& end) {
  wire::End& message = messages_->end;
  if (!parse(message, bytes)) return false;
  end = {.ticks = message.ticks(),
         .events = message.events(),
         .gaps = message.gaps(),
         .chapters = message.chapters(),
         .state = message.state(),
         .summary = message.summary()};
  return true;
}

}  // namespace tidemark
