// A profile for `go tool pprof`: gzip around the message Profile of
// github.com/google/pprof/proto/profile.proto, written by its field numbers.
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/analysis/site_title.h"
#include "core/base/text.h"
#include "report/format.h"
#include "report/profile.h"
#include "report/protobuf_writer.h"

namespace tidemark {
namespace {

struct SampleType {
  const char* type;
  const char* unit;
};

// As the heap profiles of Go and tcmalloc name them; what is asked for last is
// what the viewer shows first.
std::vector<SampleType> sample_types(const ProfileKind& kind) {
  switch (kind.site_kind) {
    case SiteKind::heap:
      return {{"alloc_objects", "count"},
              {"alloc_space", "bytes"},
              {"inuse_objects", "count"},
              {"inuse_space", "bytes"}};
    case SiteKind::on_cpu: return {{"samples", "count"}};
    case SiteKind::fault: return {{"samples", "count"}, {"space", "bytes"}};
    case SiteKind::mapping: return {{"calls", "count"}, {"space", "bytes"}};
    case SiteKind::mapped:
      return {{"mapped_objects", "count"},
              {"mapped_space", "bytes"},
              {"inuse_objects", "count"},
              {"inuse_space", "bytes"}};
    default: return {{"opened", "count"}, {"open", "count"}};
  }
}

std::vector<int64_t> values_of(const SiteTotals& site,
                               const ProfileKind& kind) {
  switch (kind.site_kind) {
    case SiteKind::heap:
    case SiteKind::mapped:
      return {site.taken_count, site.taken_bytes, site.live_count,
              site.live_bytes};
    case SiteKind::on_cpu: return {site.samples};
    case SiteKind::fault: return {site.samples, site.taken_bytes};
    case SiteKind::mapping: return {site.taken_count, site.taken_bytes};
    default: return {site.taken_count, site.live_count};
  }
}

class ProfileWriter {
 public:
  ProfileWriter(const ReportData& data, const FormatOptions& options)
      : data_(data), options_(options) {
    string("");  // index 0 by definition
  }

  std::string write(const ProfileKind& kind);

 private:
  // Offsets in files become addresses that do not meet: a range for each.
  static constexpr uint64_t kRange = uint64_t{1} << 44;

  uint64_t string(const std::string& raw);
  void add_program(const std::vector<const SiteTotals*>& rows);
  uint64_t mapping(ModuleId id);
  uint64_t location(const StackAddress& address);
  uint64_t function(const SymbolFrame& frame);
  void sample(const SiteTotals& site, const std::vector<int64_t>& values);
  ProtobufWriter label(const char* key, const std::string& value);

  const ReportData& data_;
  const FormatOptions& options_;
  ProtobufWriter profile_;
  ProtobufWriter strings_;
  std::map<std::string, uint64_t> string_index_;
  std::map<ModuleId, uint64_t> mappings_;
  std::map<StackAddress, uint64_t> locations_;
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> functions_;
};

uint64_t ProfileWriter::string(const std::string& raw) {
  const std::string text = sanitize_json(raw);  // must be UTF-8
  const auto [entry, added] =
      string_index_.try_emplace(text, string_index_.size());
  if (added) strings_.text(6, text);
  return entry->second;
}

std::string hex(const std::string& bytes) {
  static constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

uint64_t ProfileWriter::mapping(ModuleId id) {
  const auto [entry, added] = mappings_.try_emplace(id, mappings_.size() + 1);
  if (!added) return entry->second;
  const Module* module = data_.stacks.module(id);
  ProtobufWriter message;
  message.number(1, entry->second)
      .number(2, entry->second * kRange)
      .number(3, (entry->second + 1) * kRange)
      .number(5, string(module == nullptr ? "" : module->path))
      .number(6, string(module == nullptr ? "" : hex(module->build_id)));
  // 7..10: functions, files, lines and inlines are known, as far as they are;
  // the viewer need not look for the file.
  for (uint32_t field = 7; field <= 10; ++field) message.number(field, 1);
  profile_.message(3, message);
  return entry->second;
}

uint64_t ProfileWriter::function(const SymbolFrame& frame) {
  const uint64_t name = string(frame.function);
  const uint64_t file = string(frame.file);
  const auto [entry, added] =
      functions_.try_emplace({name, file}, functions_.size() + 1);
  if (!added) return entry->second;
  ProtobufWriter message;
  message.number(1, entry->second)
      .number(2, name)
      .number(3, name)
      .number(4, file);
  profile_.message(5, message);
  return entry->second;
}

uint64_t ProfileWriter::location(const StackAddress& address) {
  const auto known = locations_.find(address);
  if (known != locations_.end()) return known->second;
  const uint64_t id = locations_.size() + 1;
  locations_.emplace(address, id);
  ProtobufWriter message;
  message.number(1, id);
  uint64_t base = 0;
  if (address.module.valid()) {
    const uint64_t in = mapping(address.module);
    base = in * kRange;
    message.number(2, in);
  }
  message.number(3, base + address.offset % kRange);
  const auto* names = data_.stacks.symbols(address);
  if (names != nullptr) {
    for (const SymbolFrame& frame : *names) {
      ProtobufWriter line;
      line.number(1, function(frame)).number(2, frame.line);
      message.message(4, line);
    }
  }
  profile_.message(4, message);
  return id;
}

ProtobufWriter ProfileWriter::label(const char* key, const std::string& value) {
  ProtobufWriter message;
  message.number(1, string(key)).number(2, string(value));
  return message;
}

void ProfileWriter::sample(const SiteTotals& site,
                           const std::vector<int64_t>& values) {
  std::vector<uint64_t> places;
  for (const StackAddress& address :
       data_.stacks.stack(site.stack)->addresses) {
    places.push_back(location(address));
  }
  std::vector<uint64_t> numbers;
  for (const int64_t value : values) {
    numbers.push_back(static_cast<uint64_t>(value < 0 ? 0 : value));
  }
  const ProcessFacts& process = data_.process(site.process);
  ProtobufWriter message;
  message.numbers(1, places).numbers(2, numbers);
  message.message(3, label("process", process.role));
  message.message(3, label("pid", std::to_string(process.key.pid.value)));
  if (!site.phase.empty()) message.message(3, label("phase", site.phase));
  profile_.message(2, message);
}

// The viewer takes the first mapping for the program: that of the frame which
// titles most of what is shown.
void ProfileWriter::add_program(const std::vector<const SiteTotals*>& rows) {
  std::map<std::string, double> weights;
  for (const SiteTotals* site : rows) {
    const auto frames = data_.stacks.resolve(site->stack);
    if (frames.empty()) continue;
    weights[frames[title_frame(frames)].module] +=
        1 + static_cast<double>(site->taken_bytes);
  }
  const auto most = std::ranges::max_element(
      weights, {}, &std::pair<const std::string, double>::second);
  std::map<ModuleId, Module> modules(data_.stacks.modules().begin(),
                                     data_.stacks.modules().end());
  for (const auto& [id, module] : modules) {
    if (most != weights.end() && module.path == most->first) {
      mapping(id);
      return;
    }
  }
}

std::string ProfileWriter::write(const ProfileKind& kind) {
  const std::vector<SampleType> types = sample_types(kind);
  for (const SampleType& type : types) {
    ProtobufWriter message;
    message.number(1, string(type.type)).number(2, string(type.unit));
    profile_.message(1, message);
  }
  const std::vector<const SiteTotals*> rows = profile_rows(data_, options_);
  add_program(rows);
  for (const SiteTotals* site : rows) {
    const std::vector<int64_t> values = values_of(*site, kind);
    bool counts = false;
    for (const int64_t value : values) counts |= value > 0;
    if (counts) sample(*site, values);
  }
  const char* first = types.back().type;
  if (kind.site_kind == SiteKind::heap && kind.taken) first = "alloc_space";
  const uint64_t shown_first = string(first);
  profile_.number(9, static_cast<uint64_t>(data_.begin_ns))
      .number(10, static_cast<uint64_t>(data_.end_ns - data_.begin_ns))
      .number(14, shown_first);
  return profile_.bytes() + strings_.bytes();
}

// Empty when zlib has no memory. The header tells no time: the same profile
// is the same file.
std::string gzip(const std::string& bytes) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  std::string input = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int done = deflate(&stream, Z_FINISH);
  packed.resize(done == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

Status render_pprof(const ReportData& data, const FormatOptions& options,
                    std::string& out) {
  TIDEMARK_CHECK(check_profile(data, options));
  const ProfileKind* kind = find_profile_kind(options.what);
  out += gzip(ProfileWriter(data, options).write(*kind));
  return {};
}

}  // namespace tidemark
