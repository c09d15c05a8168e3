#include "probes/dwarf_expression.h"

#include <dwarf.h>

#include <vector>

#include "probes/dwarf_reader.h"

namespace tidemark {
namespace {

constexpr size_t kMostSteps = 512;
constexpr size_t kDeepestStack = 64;

class Machine {
 public:
  Machine(std::string_view expression,
          std::span<const std::optional<uint64_t>> registers,
          const ReadWord& read_word)
      : reader_(expression), registers_(registers), read_word_(read_word) {}

  void push(uint64_t value) {
    if (stack_.size() == kDeepestStack) ok_ = false;
    if (ok_) stack_.push_back(value);
  }
  std::optional<uint64_t> run() {
    for (size_t i = 0; i < kMostSteps && ok_ && !reader_.at_end(); ++i) {
      step(reader_.byte());
    }
    if (!ok_ || !reader_.ok() || !reader_.at_end() || stack_.empty()) {
      return std::nullopt;
    }
    return stack_.back();
  }

 private:
  uint64_t pop() {
    if (stack_.empty()) {
      ok_ = false;
      return 0;
    }
    const uint64_t value = stack_.back();
    stack_.pop_back();
    return value;
  }
  void copy_from(size_t depth) {
    if (depth >= stack_.size()) {
      ok_ = false;
      return;
    }
    push(stack_[stack_.size() - 1 - depth]);
  }
  void push_register(uint64_t number, int64_t offset) {
    if (number >= registers_.size() || !registers_[number]) {
      ok_ = false;
      return;
    }
    push(*registers_[number] + static_cast<uint64_t>(offset));
  }
  void dereference(unsigned size) {
    const auto word = read_word_(pop());
    if (!word || size == 0 || size > 8) {
      ok_ = false;
      return;
    }
    push(size == 8 ? *word : *word & ((uint64_t{1} << size * 8) - 1));
  }
  void jump(bool taken) {
    const auto distance = reader_.number<int16_t>();
    if (taken) reader_.skip(distance);
  }

  void step(uint8_t op) {
    if (op >= DW_OP_lit0 && op <= DW_OP_lit31) {
      push(op - DW_OP_lit0);
    } else if (op >= DW_OP_breg0 && op <= DW_OP_breg31) {
      push_register(op - DW_OP_breg0, reader_.signed_leb());
    } else if (!step_constant(op) && !step_stack(op) && !step_unary(op)) {
      step_binary(op);
    }
  }
  bool step_constant(uint8_t op) {
    const auto widen = [](int64_t value) {
      return static_cast<uint64_t>(value);
    };
    switch (op) {
      case DW_OP_addr:
      case DW_OP_const8u:
      case DW_OP_const8s: push(reader_.number<uint64_t>()); return true;
      case DW_OP_const1u: push(reader_.byte()); return true;
      case DW_OP_const1s: push(widen(reader_.number<int8_t>())); return true;
      case DW_OP_const2u: push(reader_.number<uint16_t>()); return true;
      case DW_OP_const2s: push(widen(reader_.number<int16_t>())); return true;
      case DW_OP_const4u: push(reader_.number<uint32_t>()); return true;
      case DW_OP_const4s: push(widen(reader_.number<int32_t>())); return true;
      case DW_OP_constu: push(reader_.unsigned_leb()); return true;
      case DW_OP_consts: push(widen(reader_.signed_leb())); return true;
      case DW_OP_bregx: {
        const uint64_t number = reader_.unsigned_leb();
        push_register(number, reader_.signed_leb());
        return true;
      }
      default: return false;
    }
  }
  bool step_stack(uint8_t op) {
    switch (op) {
      case DW_OP_nop: return true;
      case DW_OP_dup: copy_from(0); return true;
      case DW_OP_over: copy_from(1); return true;
      case DW_OP_pick: copy_from(reader_.byte()); return true;
      case DW_OP_drop: pop(); return true;
      case DW_OP_swap: {
        const uint64_t top = pop();
        const uint64_t below = pop();
        push(top);
        push(below);
        return true;
      }
      case DW_OP_rot: {
        const uint64_t first = pop();
        const uint64_t second = pop();
        const uint64_t third = pop();
        push(first);
        push(third);
        push(second);
        return true;
      }
      case DW_OP_skip: jump(true); return true;
      case DW_OP_bra: jump(pop() != 0); return true;
      default: return false;
    }
  }
  bool step_unary(uint8_t op) {
    switch (op) {
      case DW_OP_deref: dereference(8); return true;
      case DW_OP_deref_size: dereference(reader_.byte()); return true;
      case DW_OP_plus_uconst: push(pop() + reader_.unsigned_leb()); return true;
      case DW_OP_neg: push(0 - pop()); return true;
      case DW_OP_not: push(~pop()); return true;
      case DW_OP_abs: {
        const uint64_t value = pop();
        push(static_cast<int64_t>(value) < 0 ? 0 - value : value);
        return true;
      }
      default: return false;
    }
  }
  void step_binary(uint8_t op) {
    const uint64_t right = pop();
    const uint64_t left = pop();
    const auto signed_left = static_cast<int64_t>(left);
    const auto signed_right = static_cast<int64_t>(right);
    const bool wide = right >= 64;
    switch (op) {
      case DW_OP_and: return push(left & right);
      case DW_OP_or: return push(left | right);
      case DW_OP_xor: return push(left ^ right);
      case DW_OP_plus: return push(left + right);
      case DW_OP_minus: return push(left - right);
      case DW_OP_mul: return push(left * right);
      case DW_OP_shl: return push(wide ? 0 : left << right);
      case DW_OP_shr: return push(wide ? 0 : left >> right);
      case DW_OP_shra:
        return push(static_cast<uint64_t>(signed_left >> (wide ? 63 : right)));
      case DW_OP_eq: return push(left == right);
      case DW_OP_ne: return push(left != right);
      case DW_OP_lt: return push(signed_left < signed_right);
      case DW_OP_le: return push(signed_left <= signed_right);
      case DW_OP_gt: return push(signed_left > signed_right);
      case DW_OP_ge: return push(signed_left >= signed_right);
      default: ok_ = false;  // division is not used in frame information
    }
  }

  DwarfReader reader_;
  std::span<const std::optional<uint64_t>> registers_;
  const ReadWord& read_word_;
  std::vector<uint64_t> stack_;
  bool ok_ = true;
};

}  // namespace

std::optional<uint64_t> evaluate_expression(
    std::string_view expression,
    std::span<const std::optional<uint64_t>> registers,
    const ReadWord& read_word, std::optional<uint64_t> initial) {
  Machine machine(expression, registers, read_word);
  if (initial) machine.push(*initial);
  return machine.run();
}

}  // namespace tidemark
