#include "daemon/stack_resolver.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "probes/process_maps.h"

namespace tidemark {
namespace {

// Between two looks at the tasks, so that stacks never wait long for names.
constexpr int kNamesAtOnce = 8;

// Between two looks at files that nobody asked for.
constexpr std::chrono::seconds kPutAway{3};

template <typename T>
void move_to(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
  from.clear();
}

UnwindInput input_of(const CopiedStack& stack) {
  UnwindInput input;
  input.registers = stack.registers;
  input.program_counter = stack.program_counter;
  input.stack_address = stack.registers[7];
  input.stack = stack.bytes;
  input.place = UnwindInput::Place::anywhere;
  return input;
}

}  // namespace

void ResolvedStacks::clear() {
  objects.clear();
  stacks.clear();
  names.clear();
}

// The thread's own side.
class StackResolver::Work {
 public:
  Work(std::string proc, Symbolizer& symbolizer)
      : proc_(std::move(proc)), unwinder_(proc_), symbolizer_(symbolizer) {}

  void prepare(ProcessKey process) { read_maps(process); }

  void forget(ProcessKey process) { maps_.erase(process); }

  void unwind(const CopiedStack& stack) {
    auto known = maps_.find(stack.process);
    // Code that was mapped since the last reading; an exec maps all anew.
    if (known == maps_.end() || !has_code(known->second, stack)) {
      read_maps(stack.process);
      known = maps_.find(stack.process);
    }
    ++stacks_;
    UnwoundStack unwound;
    if (known != maps_.end()) unwound = unwind_in(known->second, stack);
    for (const UnwoundFrame& frame : unwound.frames) note(frame);
    found_.stacks.push_back({stack.token, std::move(unwound)});
  }

  // False: nothing is left to name. One object after the other: each file is
  // open but once.
  bool name_some() {
    for (int i = 0; i < kNamesAtOnce && !unnamed_.empty(); ++i) {
      const auto [object, offset] = *unnamed_.begin();
      unnamed_.erase(unnamed_.begin());
      const SymbolSource source = symbol_source(unwinder_.objects().at(object));
      found_.names.push_back(
          {object, offset, symbolizer_.symbolize(source, offset)});
    }
    return !unnamed_.empty();
  }

  // Returns how many stacks were unwound since the last call.
  size_t hand_over(ResolvedStacks& to) {
    move_to(found_.objects, to.objects);
    move_to(found_.stacks, to.stacks);
    move_to(found_.names, to.names);
    return std::exchange(stacks_, 0);
  }

 private:
  using Place = std::pair<uint32_t, uint64_t>;  // object, offset

  static bool is_code(const ProcessMaps& maps, uint64_t address) {
    const Mapping* mapping = maps.find(address);
    return mapping != nullptr && mapping->executable;
  }
  static bool has_code(const ProcessMaps& maps, const CopiedStack& stack) {
    if (stack.return_addresses.empty()) {
      return is_code(maps, stack.program_counter);
    }
    return std::ranges::all_of(stack.return_addresses, [&](uint64_t address) {
      return is_code(maps, address - 1);
    });
  }

  UnwoundStack unwind_in(const ProcessMaps& maps, const CopiedStack& stack) {
    if (!stack.return_addresses.empty()) return locate(maps, stack);
    // Of a process that executed another program and ended before its maps were
    // read nothing can be told: addresses that no file is behind differ in each
    // process, and so would its stacks.
    if (!has_code(maps, stack)) return {};
    return unwinder_.unwind(maps, input_of(stack));
  }

  UnwoundStack locate(const ProcessMaps& maps, const CopiedStack& stack) {
    UnwoundStack unwound;
    unwound.quality = stack.quality;
    unwound.truncated = stack.truncated;
    for (const uint64_t address : stack.return_addresses) {
      unwound.frames.push_back(unwinder_.locate(maps, address - 1));
    }
    return unwound;
  }

  void read_maps(ProcessKey process) {
    // Files are read while the process lives: afterwards a deleted one, or one
    // of another mount namespace, cannot be found.
    auto maps = read_process_maps(proc_, process.pid, ++epoch_);
    if (!maps) return;
    for (const Mapping& mapping : maps->mappings) {
      if (mapping.executable) unwinder_.locate(*maps, mapping.begin);
    }
    maps_.insert_or_assign(process, std::move(*maps));
  }

  void note(const UnwoundFrame& frame) {
    if (frame.object == UnwoundFrame::kNoObject) return;
    if (told_.insert(frame.object).second) {
      const ProgramObject& object = unwinder_.objects().at(frame.object);
      found_.objects.push_back({frame.object, object.path, object.build_id});
    }
    const Place place{frame.object, frame.offset};
    if (seen_.insert(place).second) unnamed_.insert(place);
  }

  std::string proc_;
  Unwinder unwinder_;
  Symbolizer& symbolizer_;
  std::map<ProcessKey, ProcessMaps> maps_;
  std::set<uint32_t> told_;
  std::set<Place> seen_;
  std::set<Place> unnamed_;
  ResolvedStacks found_;
  size_t stacks_ = 0;
  uint64_t epoch_ = 0;
};

StackResolver::StackResolver(std::string proc, Symbolizer& symbolizer)
    : thread_([this, proc = std::move(proc), &symbolizer] {
        run(proc, symbolizer);
      }) {}

StackResolver::~StackResolver() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StackResolver::add(Task task) {
  tasks_.push_back(std::move(task));
  idle_ = false;
  wake_.notify_one();
}

void StackResolver::prepare(ProcessKey process) {
  const std::lock_guard lock(mutex_);
  add([process](Work& work) { work.prepare(process); });
}

void StackResolver::forget(ProcessKey process) {
  const std::lock_guard lock(mutex_);
  add([process](Work& work) { work.forget(process); });
}

bool StackResolver::post(CopiedStack stack) {
  const std::lock_guard lock(mutex_);
  if (waiting_ >= kMostWaiting) return false;
  ++waiting_;
  add([stack = std::move(stack)](Work& work) { work.unwind(stack); });
  return true;
}

void StackResolver::take(ResolvedStacks& found) {
  found.clear();
  const std::lock_guard lock(mutex_);
  std::swap(found, found_);
}

void StackResolver::settle(Nanoseconds limit) {
  std::unique_lock lock(mutex_);
  progress_.wait_for(lock, limit, [this] { return idle_; });
}

void StackResolver::run(std::string proc, Symbolizer& symbolizer) {
  Work work(std::move(proc), symbolizer);
  bool naming = false, open = false;
  auto next_look = std::chrono::steady_clock::now() + kPutAway;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (tasks_.empty() && !naming) {
      idle_ = true;
      progress_.notify_all();
      const auto called = [this] { return stop_ || !tasks_.empty(); };
      if (open) {
        wake_.wait_until(lock, next_look, called);
      } else {
        wake_.wait(lock, called);
      }
    }
    std::vector<Task> tasks = std::exchange(tasks_, {});
    lock.unlock();
    for (const Task& task : tasks) task(work);
    naming = work.name_some();
    open = open || !tasks.empty();
    if (std::chrono::steady_clock::now() >= next_look) {
      open = symbolizer.put_away_unused();
      next_look = std::chrono::steady_clock::now() + kPutAway;
    }
    lock.lock();
    waiting_ -= work.hand_over(found_);
  }
}

}  // namespace tidemark
