// Modules, stacks and the names of addresses.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "core/model/stack_table.h"
#include "core/store/codec_wire.h"

namespace tidemark {
namespace {

// The texts of one record, each stored once.
class TextWriter {
 public:
  explicit TextWriter(wire::Stacks& message) : message_(message) {}

  // Its index plus 1; 0 for an empty one.
  uint32_t add(const std::string& text) {
    if (text.empty()) return 0;
    const auto next = static_cast<uint32_t>(indexes_.size()) + 1;
    const auto [entry, added] = indexes_.try_emplace(text, next);
    if (added) message_.add_texts(text);
    return entry->second;
  }

 private:
  wire::Stacks& message_;
  std::unordered_map<std::string, uint32_t> indexes_;
};

// Many frames may name one long text: what a record may become in memory is
// bounded, not its bytes alone. Writers stay far below (stack_queue.cpp).
constexpr size_t kMaxRecordCost = 64u << 20;

class TextReader {
 public:
  explicit TextReader(const wire::Stacks& message) : message_(message) {}

  bool at(uint32_t stored, std::string& text) {
    if (stored == 0) return true;
    if (stored > static_cast<uint32_t>(message_.texts_size())) return false;
    const std::string& found = message_.texts(static_cast<int>(stored - 1));
    if (found.size() > StackTable::kMaxText || !pay(found.size())) return false;
    text = found;
    return true;
  }
  bool pay(size_t cost) {
    left_ -= std::min(cost, left_);
    return left_ > 0;
  }

 private:
  const wire::Stacks& message_;
  size_t left_ = kMaxRecordCost;
};

void to_wire(const Stack& stack, wire::Stack& out) {
  for (const StackAddress& address : stack.addresses) {
    out.add_modules(id_to_wire(address.module));
    out.add_offsets(address.offset);
  }
  out.set_quality(static_cast<uint32_t>(stack.quality));
  out.set_truncated(stack.truncated);
}

bool from_wire(const wire::Stack& in, TextReader& texts, Stack& out) {
  const int depth = in.modules_size();
  if (in.offsets_size() != depth) return false;
  const auto size = static_cast<size_t>(depth);
  if (size > StackTable::kMaxDepth) return false;
  if (!texts.pay(size * sizeof(StackAddress))) return false;
  out.addresses.reserve(size);
  for (int i = 0; i < depth; ++i) {
    out.addresses.push_back({ModuleId(in.modules(i) - 1), in.offsets(i)});
  }
  // A way of unwinding that is not known yet is as good as a guess.
  constexpr auto kWorst = static_cast<uint32_t>(StackQuality::guess);
  out.quality = static_cast<StackQuality>(std::min(in.quality(), kWorst));
  out.truncated = in.truncated();
  return true;
}

void to_wire(const AddressSymbols& symbols, TextWriter& texts,
             wire::Symbols& out) {
  out.set_module(id_to_wire(symbols.address.module));
  out.set_offset(symbols.address.offset);
  for (const SymbolFrame& frame : symbols.frames) {
    out.add_functions(texts.add(frame.function));
    out.add_files(texts.add(frame.file));
    out.add_lines(frame.line);
    out.add_inlined(frame.inlined);
  }
}

bool from_wire(const wire::Symbols& in, TextReader& texts,
               AddressSymbols& out) {
  const int count = in.functions_size();
  const auto size = static_cast<size_t>(count);
  if (in.files_size() != count || in.lines_size() != count ||
      in.inlined_size() != count || size > StackTable::kMaxInlines ||
      !texts.pay(size * sizeof(SymbolFrame))) {
    return false;
  }
  out.address = {ModuleId(in.module() - 1), in.offset()};
  out.frames.resize(size);
  for (int i = 0; i < count; ++i) {
    SymbolFrame& frame = out.frames[static_cast<size_t>(i)];
    frame.line = in.lines(i);
    frame.inlined = in.inlined(i);
    if (!texts.at(in.functions(i), frame.function) ||
        !texts.at(in.files(i), frame.file)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void Codec::encode(const StacksRecord& stacks, std::string& out) {
  wire::Stacks& message = messages_->stacks;
  message.Clear();
  IdGaps module_gaps;
  for (const Module& module : stacks.modules) {
    wire::Module& to = *message.add_modules();
    to.set_id_gap(module_gaps.gap(module.id.value));
    to.set_path(module.path);
    to.set_build_id(module.build_id);
  }
  IdGaps stack_gaps;
  for (const Stack& stack : stacks.stacks) {
    wire::Stack& to = *message.add_stacks();
    to.set_id_gap(stack_gaps.gap(stack.id.value));
    to_wire(stack, to);
  }
  TextWriter texts(message);
  for (const AddressSymbols& symbols : stacks.symbols) {
    to_wire(symbols, texts, *message.add_symbols());
  }
  message.SerializeToString(&out);
}

bool Codec::decode(std::string_view bytes, StacksRecord& stacks) {
  wire::Stacks& message = messages_->stacks;
  stacks.clear();
  if (!parse(message, bytes)) return false;
  IdGaps module_gaps;
  for (const wire::Module& from : message.modules()) {
    Module& module = stacks.modules.emplace_back();
    if (!module_gaps.id(from.id_gap(), module.id.value)) return false;
    module.path = from.path();
    module.build_id = from.build_id();
  }
  TextReader texts(message);
  IdGaps stack_gaps;
  for (const wire::Stack& from : message.stacks()) {
    Stack& stack = stacks.stacks.emplace_back();
    if (!stack_gaps.id(from.id_gap(), stack.id.value)) return false;
    if (!from_wire(from, texts, stack)) return false;
  }
  for (const wire::Symbols& from : message.symbols()) {
    if (!from_wire(from, texts, stacks.symbols.emplace_back())) return false;
  }
  return true;
}

}  // namespace tidemark
