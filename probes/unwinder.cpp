#include "probes/unwinder.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "probes/dwarf_expression.h"

namespace tidemark {
namespace {

// Words looked at for return addresses, over the whole stack.
constexpr size_t kMostGuesses = 4096;
constexpr size_t kLongestCall = 7;

using Registers = std::array<std::optional<uint64_t>, kUnwindRegisters>;

// Whether the bytes before a return address are a call (Intel SDM, CALL).
bool ends_in_call(std::span<const uint8_t> before) {
  const size_t size = before.size();
  const auto at = [&](size_t back) { return before[size - back]; };
  if (size >= 5 && at(5) == 0xe8) return true;
  // FF /2: register, memory with 8- or 32-bit displacement, with SIB or not.
  for (const size_t length : {2u, 3u, 4u, 6u, 7u}) {
    if (size >= length && at(length) == 0xff &&
        (at(length - 1) & 0x38) == 0x10) {
      return true;
    }
  }
  return false;
}

class Walk {
 public:
  Walk(ProgramObjects& objects, const ProcessMaps& maps,
       const UnwindInput& input)
      : objects_(objects), maps_(maps), input_(input) {
    for (size_t i = 0; i < input.registers.size(); ++i) {
      registers_[i] = input.registers[i];
    }
    registers_[kReturnAddress] = input.program_counter;
    exact_ = input.place != UnwindInput::Place::returned;
  }

  UnwoundStack run() {
    while (add_frame()) {
      const Step step = take_step();
      if (step == Step::end) break;
      if (step == Step::lost) {
        stack_.truncated = true;
        break;
      }
    }
    return std::move(stack_);
  }
  static UnwoundFrame locate(ProgramObjects& objects, const ProcessMaps& maps,
                             uint64_t address, const ProgramObject** object) {
    UnwoundFrame frame;
    frame.address = address;
    frame.offset = address;
    *object = nullptr;
    const Mapping* mapping = maps.find(address);
    if (mapping == nullptr) return frame;
    *object = objects.find(maps, *mapping);
    if (*object != nullptr) {
      frame.object = (*object)->index;
      if ((*object)->perf_map) return frame;  // its offsets are addresses
      frame.offset = mapping->file_offset + (address - mapping->begin);
    }
    return frame;
  }

 private:
  enum class Step : uint8_t { caller, end, lost };

  uint64_t counter() const { return *registers_[kReturnAddress]; }
  uint64_t stack_pointer() const { return *registers_[kStackPointer]; }
  bool is_first() const { return steps_ == 0; }

  // False: enough of them.
  bool add_frame() {
    const uint64_t address = exact_ ? counter() : counter() - 1;
    const Mapping* mapping = maps_.find(address);
    frame_ = locate(objects_, maps_, address, &object_);
    // A return address that a return probe replaced: the caller is hidden.
    if (mapping != nullptr && mapping->path == "[uprobes]") return true;
    if (stack_.frames.size() == Unwinder::kMostFrames) {
      stack_.truncated = true;
      return false;
    }
    stack_.frames.push_back(frame_);
    return true;
  }

  Step take_step() {
    if (is_first() && input_.place == UnwindInput::Place::function_entry) {
      return leave_entry();
    }
    const auto row = row_here();
    if (row) {
      if (row->registers[kReturnAddress].kind ==
          RegisterRule::Kind::undefined) {
        return Step::end;
      }
      if (apply(*row)) return to_caller(StackQuality::cfi);
    }
    if (by_frame_pointer()) return to_caller(StackQuality::frame_pointer);
    if (by_guess()) return to_caller(StackQuality::guess);
    return Step::lost;
  }

  Step leave_entry() {
    const auto caller = word(stack_pointer());
    if (!caller) return Step::lost;
    next_ = registers_;
    next_[kReturnAddress] = *caller;
    next_[kStackPointer] = stack_pointer() + 8;
    next_exact_ = false;
    return to_caller(StackQuality::cfi);
  }

  std::optional<UnwindRow> row_here() const {
    if (object_ == nullptr || !object_->elf || !object_->frames) {
      return std::nullopt;
    }
    const auto address = object_->elf->address_of(frame_.offset);
    return address ? object_->frames->row(*address) : std::nullopt;
  }

  bool apply(const UnwindRow& row) {
    const ReadWord read = [this](uint64_t address) { return word(address); };
    std::optional<uint64_t> cfa;
    if (!row.cfa_expression.empty()) {
      cfa = evaluate_expression(row.cfa_expression, registers_, read,
                                std::nullopt);
    } else if (row.cfa_register < kUnwindRegisters &&
               registers_[row.cfa_register]) {
      cfa =
          *registers_[row.cfa_register] + static_cast<uint64_t>(row.cfa_offset);
    }
    // A caller's frame lies above: else a hostile stack could go in circles.
    if (!cfa || *cfa <= stack_pointer()) return false;
    for (size_t i = 0; i < kUnwindRegisters; ++i) {
      next_[i] = value_of(row.registers[i], i, *cfa, read);
    }
    if (row.registers[kStackPointer].kind == RegisterRule::Kind::same) {
      next_[kStackPointer] = *cfa;
    }
    next_exact_ = row.signal_frame;
    return next_[kReturnAddress] && next_[kStackPointer] &&
           *next_[kStackPointer] > stack_pointer();
  }
  std::optional<uint64_t> value_of(const RegisterRule& rule, size_t number,
                                   uint64_t cfa, const ReadWord& read) const {
    using Kind = RegisterRule::Kind;
    const uint64_t place = cfa + static_cast<uint64_t>(rule.offset);
    switch (rule.kind) {
      case Kind::same:
        return number == kReturnAddress ? std::nullopt : registers_[number];
      case Kind::undefined: return std::nullopt;
      case Kind::stored: return word(place);
      case Kind::computed: return place;
      case Kind::moved:
        return static_cast<uint64_t>(rule.offset) < kUnwindRegisters
                   ? registers_[static_cast<size_t>(rule.offset)]
                   : std::nullopt;
      case Kind::stored_by: {
        const auto at =
            evaluate_expression(rule.expression, registers_, read, cfa);
        return at ? word(*at) : std::nullopt;
      }
      case Kind::computed_by:
        return evaluate_expression(rule.expression, registers_, read, cfa);
    }
    return std::nullopt;
  }

  bool by_frame_pointer() {
    const auto frame = registers_[kFramePointer];
    if (!frame || *frame < stack_pointer() || *frame % 8 != 0) return false;
    const auto outer = word(*frame);
    const auto caller = word(*frame + 8);
    if (!outer || !caller || !is_code(*caller - 1)) return false;
    next_ = {};
    next_[kFramePointer] = *outer;
    next_[kStackPointer] = *frame + 16;
    next_[kReturnAddress] = *caller;
    next_exact_ = false;
    return true;
  }

  // The nearest word above the stack pointer that a call could have pushed.
  bool by_guess() {
    uint64_t at = (stack_pointer() + 7) & ~uint64_t{7};
    for (; guesses_ < kMostGuesses; ++guesses_, at += 8) {
      const auto value = word(at);
      if (!value) return false;
      if (!follows_call(*value)) continue;
      const auto frame = registers_[kFramePointer];
      next_ = {};
      next_[kFramePointer] = frame;
      next_[kStackPointer] = at + 8;
      next_[kReturnAddress] = *value;
      next_exact_ = false;
      return true;
    }
    return false;
  }
  bool follows_call(uint64_t address) {
    if (!is_code(address - 1)) return false;
    const ProgramObject* object = nullptr;
    const UnwoundFrame frame = locate(objects_, maps_, address - 1, &object);
    if (object == nullptr || !object->elf || frame.offset + 1 < kLongestCall) {
      return false;
    }
    std::array<char, kLongestCall> bytes = {};
    if (!object->elf->read(frame.offset + 1 - kLongestCall, bytes)) {
      return false;
    }
    std::array<uint8_t, kLongestCall> before = {};
    std::memcpy(before.data(), bytes.data(), before.size());
    return ends_in_call(before);
  }

  Step to_caller(StackQuality quality) {
    if (*next_[kReturnAddress] == 0) return Step::end;
    // Nothing can be told of where it leads: the trail is lost there.
    if (!is_code(*next_[kReturnAddress] - (next_exact_ ? 0 : 1))) {
      return quality == StackQuality::cfi ? retry_without_rules() : Step::lost;
    }
    stack_.quality = std::max(stack_.quality, quality);
    registers_ = next_;
    exact_ = next_exact_;
    ++steps_;
    return Step::caller;
  }
  Step retry_without_rules() {
    if (by_frame_pointer()) return to_caller(StackQuality::frame_pointer);
    if (by_guess()) return to_caller(StackQuality::guess);
    return Step::lost;
  }

  bool is_code(uint64_t address) const {
    const Mapping* mapping = maps_.find(address);
    return mapping != nullptr && mapping->executable;
  }
  std::optional<uint64_t> word(uint64_t address) const {
    const uint64_t offset = address - input_.stack_address;
    if (address < input_.stack_address || input_.stack.size() < 8 ||
        offset > input_.stack.size() - 8) {
      return std::nullopt;
    }
    uint64_t value = 0;
    std::memcpy(&value, input_.stack.data() + offset, sizeof(value));
    return value;
  }

  ProgramObjects& objects_;
  const ProcessMaps& maps_;
  const UnwindInput& input_;
  Registers registers_;
  Registers next_;
  bool exact_ = true;
  bool next_exact_ = false;
  size_t steps_ = 0;
  size_t guesses_ = 0;
  UnwoundFrame frame_;
  const ProgramObject* object_ = nullptr;
  UnwoundStack stack_;
};

}  // namespace

Unwinder::Unwinder(std::string proc) : objects_(std::move(proc)) {}

UnwoundStack Unwinder::unwind(const ProcessMaps& maps,
                              const UnwindInput& input) {
  return Walk(objects_, maps, input).run();
}

UnwoundFrame Unwinder::locate(const ProcessMaps& maps, uint64_t address) {
  const ProgramObject* object = nullptr;
  return Walk::locate(objects_, maps, address, &object);
}

}  // namespace tidemark
