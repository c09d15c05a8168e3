#include "tests/bpf/heap_session.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "probes/heap_plan.h"

namespace tidemark::testing_bpf {
namespace {

std::pair<UniqueFd, UniqueFd> make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words) {
    result.push_back(const_cast<char*>(word.c_str()));
  }
  result.push_back(nullptr);
  return result;
}

}  // namespace

CuedTarget::CuedTarget(const std::vector<std::string>& argv,
                       const std::vector<std::string>& environment) {
  auto [in, to] = make_pipe();
  auto [from, out] = make_pipe();
  auto [child_in, to_child] = make_pipe();
  auto [from_child, child_out] = make_pipe();
  const auto arguments = pointers(argv);
  const auto variables = pointers(environment);
  pid_ = ::fork();
  if (pid_ == 0) {
    // Above what the four end at, so that none is overwritten.
    const int high[] = {::fcntl(in.get(), F_DUPFD, 50),
                        ::fcntl(out.get(), F_DUPFD, 50),
                        ::fcntl(child_in.get(), F_DUPFD, 50),
                        ::fcntl(child_out.get(), F_DUPFD, 50)};
    const int wanted[] = {0, 1, 3, 4};
    for (int i = 0; i < 4; ++i) ::dup2(high[i], wanted[i]);
    for (const int fd : high) ::close(fd);
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  to_ = std::move(to);
  from_ = std::move(from);
  to_child_ = std::move(to_child);
  from_child_ = std::move(from_child);
}

CuedTarget::~CuedTarget() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool CuedTarget::hear(const std::string& word) {
  heard_.clear();
  char byte = 0;
  while (!heard_.ends_with(word)) {
    if (::read(from_.get(), &byte, 1) != 1) return false;
    heard_ += byte;
  }
  return true;
}

void CuedTarget::answer() { static_cast<void>(!::write(to_.get(), "x", 1)); }
void CuedTarget::answer_child() {
  static_cast<void>(!::write(to_child_.get(), "x", 1));
}
bool CuedTarget::hear_child() {
  char byte = 0;
  return ::read(from_child_.get(), &byte, 1) == 1;
}

int CuedTarget::wait() {
  int status = -1;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

HeapSession::HeapSession(HeapTracer& tracer, FindOptions options)
    : tracer_(tracer), finder_("/proc", options) {}

HeapSession::~HeapSession() {
  if (!attached_) return;
  tracer_.detach(slot_);
  tracer_.purge(slot_, UINT32_MAX);
  tracer_.release(slot_);
}

Status HeapSession::attach(Pid pid) {
  pid_ = pid;
  TIDEMARK_TRY(slot_, tracer_.reserve(pid));
  attached_ = true;
  return look_again();
}

Status HeapSession::look_again() {
  TIDEMARK_TRY(maps_, read_process_maps("/proc", pid_));
  TIDEMARK_TRY(allocators_, finder_.find(maps_));
  if (linked_.empty()) {
    if (const auto linker = find_linker("/proc", maps_)) {
      TIDEMARK_CHECK(tracer_.add_object(slot_, *linker));
    }
  }
  for (const AllocatorObject& object : allocators_.objects) {
    if (std::ranges::find(linked_, object.file) != linked_.end()) continue;
    TIDEMARK_CHECK(tracer_.add_object(slot_, plan_object(object)));
    linked_.push_back(object.file);
  }
  tracer_.set_code(slot_, executable_ranges(maps_));
  return {};
}

Status HeapSession::read() {
  TIDEMARK_CHECK(tracer_.drain(
      [&](const HeapStack& stack) {
        if (stack.slot != slot_) return;
        KeptStack kept{stack.registers, stack.function, {}};
        kept.bytes.assign(stack.bytes.begin(), stack.bytes.end());
        stacks_.emplace(stack.key, std::move(kept));
      },
      [&](const HeapEvent& event) { events_.push_back(event); }));
  TIDEMARK_CHECK(tracer_.read_sites(sites_));
  std::erase_if(sites_,
                [&](const HeapSite& site) { return site.slot != slot_; });
  return {};
}

std::string HeapSession::function_of(const KeptStack& stack) {
  UnwindInput input;
  const HeapRegisters& from = stack.registers;
  input.registers[3] = from.bx;
  input.registers[6] = from.bp;
  input.registers[7] = input.stack_address = from.sp;
  input.registers[12] = from.r12;
  input.registers[13] = from.r13;
  input.registers[14] = from.r14;
  input.registers[15] = from.r15;
  input.program_counter = from.ip;
  input.stack = {reinterpret_cast<const uint8_t*>(stack.bytes.data()),
                 stack.bytes.size()};
  input.place = UnwindInput::Place::returned;
  for (const UnwoundFrame& frame : unwinder_.unwind(maps_, input).frames) {
    if (frame.object == UnwoundFrame::kNoObject) continue;
    const auto source = symbol_source(unwinder_.objects().at(frame.object));
    for (const auto& each : symbolizer_.symbolize(source, frame.offset)) {
      if (each.function.starts_with("site_")) {
        return each.function.substr(0, each.function.find('('));
      }
    }
  }
  return "";
}

int64_t HeapSession::live_count() const {
  int64_t live = 0;
  for (const HeapSite& site : sites_) live += site.live_count;
  return live;
}

std::map<std::string, HeapSession::Figures> HeapSession::by_function() {
  std::map<uint64_t, std::string> names;
  for (const auto& [key, stack] : stacks_) names[key] = function_of(stack);
  std::map<std::string, Figures> sums;
  for (const HeapSite& site : sites_) {
    Figures& sum = sums[names[site.key]];
    sum.allocs += site.alloc_count;
    sum.live += site.live_count;
    sum.live_bytes += site.live_bytes;
  }
  return sums;
}

}  // namespace tidemark::testing_bpf
