#include "probes/allocator_finder.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "probes/allocator_names.h"
#include "probes/call_targets.h"
#include "probes/elf_file.h"
#include "probes/elf_functions.h"
#include "probes/function_returns.h"

namespace tidemark {
namespace {

constexpr uint64_t kLongestFunction = 64u << 10;
constexpr uint64_t kLargestSegment = 1ull << 30;

// A function of the object that may get a probe, all its names together.
struct Candidate {
  AllocatorFunction function = AllocatorFunction::malloc;
  std::string names;
  uint64_t address = 0;
  uint64_t size = 0;
  uint64_t file_offset = 0;
  ProbeSite site;
  std::vector<uint64_t> returns;  // as in AllocatorProbe
};

bool is_mapping_function(AllocatorFunction function) {
  return function >= AllocatorFunction::mmap;
}

std::vector<Candidate> merge_aliases(
    const std::vector<ElfFunction>& functions) {
  std::vector<Candidate> merged;
  for (const ElfFunction& each : functions) {
    const AllocatorFunction function = *allocator_function(each.name);
    if (merged.empty() || merged.back().address != each.address) {
      merged.push_back({function,
                        each.name,
                        each.address,
                        each.size,
                        each.file_offset,
                        {},
                        {}});
      continue;
    }
    Candidate& last = merged.back();
    last.function = std::min(last.function, function);
    last.size = std::max(last.size, each.size);
    last.names += " " + each.name;
  }
  return merged;
}

// Whether a candidate only hands on to functions that are candidates
// themselves, so that a probe of its own would see everything twice. The
// operators of libstdc++ and reallocarray do, except where an allocator gives
// them a fast path of their own, which shows by its use of thread memory.
class Plumbing {
 public:
  Plumbing(const ElfFile& file, const std::vector<Candidate>& all)
      : calls_(file) {
    for (const Candidate& each : all) entries_.insert(each.address);
  }
  bool hands_on(const Candidate& candidate) const {
    const FunctionCalls calls =
        calls_.calls_of(candidate.address, candidate.size);
    const bool wrapper =
        candidate.function == AllocatorFunction::operator_new ||
        candidate.function == AllocatorFunction::operator_new_nothrow ||
        candidate.function == AllocatorFunction::operator_delete ||
        candidate.function == AllocatorFunction::reallocarray;
    return std::ranges::any_of(calls.targets, [&](const CallTarget& target) {
      if (target.address == candidate.address) return false;
      const bool ours = target.import.empty()
                            ? entries_.contains(target.address)
                            : allocator_function(target.import).has_value();
      return ours && (target.first || (wrapper && !calls.uses_thread_memory));
    });
  }

 private:
  CallTargets calls_;
  std::set<uint64_t> entries_;
};

// Finds jumps and calls from anywhere in the object to the prologues that the
// probes stepped over: no linear decoding, so that none is missed; what only
// looks like one costs the cheap site, no more.
class JumpScan {
 public:
  explicit JumpScan(std::vector<Candidate>& candidates) {
    for (Candidate& each : candidates) {
      if (each.site.offset > 0) moved_.push_back(&each);
    }
  }
  // Those jumped into go back to their entry. Error: a segment unread.
  Status run(const ElfFile& file) {
    if (moved_.empty()) return {};
    for (const ElfSegment& segment : file.segments()) {
      if (segment.executable) TIDEMARK_CHECK(scan(file, segment));
    }
    return {};
  }
  void give_up() {
    for (Candidate* each : moved_) withdraw(*each, "other code unread");
  }

 private:
  static constexpr size_t kChunk = 1u << 20;
  static constexpr size_t kLongestJump = 6;

  Status scan(const ElfFile& file, const ElfSegment& segment) {
    if (segment.size > kLargestSegment) {
      return fail(ErrorKind::full, "ELF file: too much code");
    }
    std::string bytes;
    for (uint64_t at = 0; at < segment.size; at += kChunk) {
      bytes.resize(
          std::min<uint64_t>(kChunk + kLongestJump, segment.size - at));
      TIDEMARK_CHECK(file.read(segment.offset + at, bytes));
      scan_bytes(bytes, segment.address + at);
    }
    return {};
  }
  // `address`: of the first byte; one byte of the chunk before comes along.
  void scan_bytes(const std::string& bytes, uint64_t address) {
    unsigned char before = 0;
    for (size_t i = 0; i + 5 <= bytes.size(); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      const bool conditional = before == 0x0f && (byte & 0xf0) == 0x80;
      before = byte;
      if (byte != 0xe9 && byte != 0xe8 && !conditional) continue;
      int32_t distance = 0;
      std::memcpy(&distance, bytes.data() + i + 1, sizeof(distance));
      check(address + i + 5 +
            static_cast<uint64_t>(static_cast<int64_t>(distance)));
    }
  }
  void check(uint64_t target) {
    for (Candidate* each : moved_) {
      if (target > each->address &&
          target <= each->address + each->site.offset) {
        withdraw(*each, "code jumps behind it");
        return;
      }
    }
  }
  static void withdraw(Candidate& candidate, std::string_view reason) {
    candidate.site = ProbeSite{.reason = reason};
  }

  std::vector<Candidate*> moved_;
};

// The end of a function whose size nobody tells is the next one's entry.
uint64_t body_size(const Candidate& each, const Candidate* next) {
  uint64_t size = each.size == 0 ? kLongestFunction : each.size;
  if (next != nullptr) size = std::min(size, next->address - each.address);
  return std::min(size, kLongestFunction);
}

void choose_sites(const ElfFile& file, const FindOptions& options,
                  std::vector<Candidate>& candidates,
                  std::vector<std::string>& problems) {
  for (size_t i = 0; i < candidates.size(); ++i) {
    Candidate& each = candidates[i];
    const std::string code = file.read_code(each.address, each.size);
    ProbeFunction function;
    function.code = {reinterpret_cast<const uint8_t*>(code.data()),
                     code.size()};
    function.arguments = arguments_of(each.function);
    function.allow_moved_arguments = options.allow_moved_arguments;
    each.site = choose_probe_site(function);
    if (!options.choose_sites && each.site.offset > 0) {
      each.site = ProbeSite{.reason = "site choice is off"};
    }
  }
  JumpScan scan(candidates);
  if (const Status scanned = scan.run(file); !scanned) {
    problems.push_back(scanned.error().what);
    scan.give_up();
  }
}

std::vector<Candidate> find_candidates(const ElfFile& file,
                                       const std::string& path,
                                       const FindOptions& options,
                                       const DebugPaths& debug,
                                       std::vector<std::string>& names,
                                       std::vector<std::string>& problems) {
  const auto wanted = [&](std::string_view name) {
    const auto function = allocator_function(name);
    return function && (options.mappings || !is_mapping_function(*function));
  };
  const auto functions = find_functions(file, path, wanted, debug, problems);
  for (const ElfFunction& each : functions) names.push_back(each.name);
  std::vector<Candidate> candidates = merge_aliases(functions);
  for (size_t i = 0; i < candidates.size(); ++i) {
    const bool last = i + 1 == candidates.size();
    candidates[i].size =
        body_size(candidates[i], last ? nullptr : &candidates[i + 1]);
  }
  if (candidates.empty()) return candidates;
  const Plumbing plumbing(file, candidates);
  std::erase_if(candidates,
                [&](const Candidate& each) { return plumbing.hands_on(each); });
  return candidates;
}

// The ends of those that may throw. What has none is told: its blocks are not
// seen.
void find_ends(const ElfFile& file, const std::string& path,
               const DebugPaths& debug, std::vector<Candidate>& candidates,
               std::vector<std::string>& problems) {
  const auto throws = [](const Candidate& each) {
    return each.function == AllocatorFunction::operator_new;
  };
  if (std::ranges::none_of(candidates, throws)) return;
  const CallTargets calls(file);
  const OwnSymbol own_symbol =
      [&](std::string_view name) -> std::optional<uint64_t> {
    std::vector<std::string> ignored;
    const auto found = find_functions(
        file, path, [&](std::string_view each) { return each == name; }, debug,
        ignored);
    if (found.empty()) return std::nullopt;
    return found.front().address;
  };
  for (Candidate& each : candidates) {
    if (!throws(each)) continue;
    auto returns = find_returns(file, calls, own_symbol, each.address);
    if (!returns) {
      problems.push_back(fmt::format(
          "{}: its blocks are not seen, since it may throw and where it "
          "returns is not known: {}",
          each.names, returns.error().what));
      continue;
    }
    for (const uint64_t address : *returns) {
      if (const auto offset = file.offset_of(address)) {
        each.returns.push_back(*offset);
      }
    }
  }
}

AllocatorProbe probe_of(const Candidate& candidate) {
  AllocatorProbe probe;
  probe.function = candidate.function;
  probe.names = candidate.names;
  probe.entry_offset = candidate.file_offset;
  probe.probe_offset = candidate.file_offset + candidate.site.offset;
  probe.probe_class = candidate.site.probe_class;
  probe.argument_registers = candidate.site.argument_registers;
  probe.slow_reason = candidate.site.reason;
  probe.returns = candidate.returns;
  return probe;
}

std::string why_not_visible(const AllocatorSet& set,
                            const std::string& own_runtime) {
  bool allocates = false;
  bool releases = false;
  for (const AllocatorObject& object : set.objects) {
    for (const AllocatorProbe& probe : object.probes) {
      allocates |= probe.function <= AllocatorFunction::posix_memalign;
      releases |= probe.function == AllocatorFunction::free;
    }
  }
  if (allocates && releases) return {};
  if (!own_runtime.empty()) return own_runtime;
  return "no allocator that we know in any mapped object";
}

}  // namespace

AllocatorFinder::AllocatorFinder(std::string proc, FindOptions options)
    : proc_(std::move(proc)), options_(options) {}

Result<AllocatorSet> AllocatorFinder::find(Pid pid) {
  TIDEMARK_TRY(const ProcessMaps maps, read_process_maps(proc_, pid));
  return find(maps);
}

Result<AllocatorSet> AllocatorFinder::find(const ProcessMaps& maps) {
  AllocatorSet set;
  std::set<FileIdentity> seen;
  std::string own_runtime;
  for (const Mapping& mapping : maps.mappings) {
    if (!mapping.executable || !mapping.backed()) continue;
    if (!seen.insert(mapping.file).second) continue;
    auto file = open_mapped_file(proc_, maps.pid, mapping);
    if (!file) {
      set.degraded.push_back(file.error().what);
      continue;
    }
    std::string path = file->path;
    const auto known = look_into(maps.pid, mapping, std::move(*file));
    if (!known) {
      set.degraded.push_back(mapping.path + ": " + known.error().what);
      continue;
    }
    for (const std::string& problem : (*known)->problems) {
      set.degraded.push_back(mapping.path + ": " + problem);
    }
    if (own_runtime.empty()) own_runtime = (*known)->not_visible;
    if ((*known)->probes.empty()) continue;
    set.objects.push_back({mapping.file, std::move(path), mapping.path,
                           (*known)->build_id, (*known)->allocator,
                           (*known)->probes});
  }
  set.not_visible = why_not_visible(set, own_runtime);
  return set;
}

Result<const AllocatorFinder::Known*> AllocatorFinder::look_into(
    Pid pid, const Mapping& mapping, MappedFile mapped) {
  TIDEMARK_TRY(const ElfFile file, ElfFile::open(std::move(mapped.fd)));
  const auto before = known_.find(mapping.file);
  if (before != known_.end() && before->second.size == file.file_size() &&
      before->second.build_id == file.build_id()) {
    return &before->second;
  }
  Known known;
  known.size = file.file_size();
  known.build_id = file.build_id();
  if (file.machine() != EM_X86_64) {
    return fail(ErrorKind::unsupported, "code of another machine");
  }
  if (file.section(".gopclntab") != nullptr ||
      file.section(".go.buildinfo") != nullptr) {
    known.not_visible = "Go keeps its heap itself";
  }
  const DebugPaths debug = {
      .roots = {fmt::format("{}/{}/root", proc_, pid.value), ""}};
  std::vector<std::string> names;
  std::vector<Candidate> candidates = find_candidates(
      file, mapping.path, options_, debug, names, known.problems);
  choose_sites(file, options_, candidates, known.problems);
  find_ends(file, mapping.path, debug, candidates, known.problems);
  known.allocator = name_allocator(names);
  for (const Candidate& each : candidates) {
    known.probes.push_back(probe_of(each));
  }
  return &known_.insert_or_assign(mapping.file, std::move(known)).first->second;
}

}  // namespace tidemark
