#include "daemon/heap_stacks.h"

namespace tidemark {
namespace {

UnwindInput input_of(const HeapStack& stack) {
  UnwindInput input;
  const HeapRegisters& from = stack.registers;
  // DWARF's numbers: 3 rbx, 6 rbp, 7 rsp, 12 to 15.
  input.registers[3] = from.bx;
  input.registers[6] = from.bp;
  input.registers[7] = from.sp;
  input.registers[12] = from.r12;
  input.registers[13] = from.r13;
  input.registers[14] = from.r14;
  input.registers[15] = from.r15;
  input.program_counter = from.ip;
  input.stack_address = from.sp;
  input.stack = {reinterpret_cast<const uint8_t*>(stack.bytes.data()),
                 stack.bytes.size()};
  input.place = UnwindInput::Place::returned;
  return input;
}

}  // namespace

void HeapStacks::prepare(const ProcessMaps& maps) {
  for (const Mapping& mapping : maps.mappings) {
    if (mapping.executable) unwinder_.locate(maps, mapping.begin);
  }
}

void HeapStacks::tell_object(uint32_t index, HeapOutput& output) {
  if (index == UnwoundFrame::kNoObject || !told_.insert(index).second) return;
  const ProgramObject& object = unwinder_.objects().at(index);
  output.objects.push_back({index, object.path, object.build_id});
}

void HeapStacks::unwind(HeapTracer& tracer, const ProcessMaps& maps,
                        const HeapStack& stack, HeapOutput& output) {
  UnwoundStack unwound = unwinder_.unwind(maps, input_of(stack));
  const HeapLife life{stack.slot, stack.epoch};
  const auto [known, added] =
      keys_[life].try_emplace(unwound.frames, stack.key);
  if (!added && known->second != stack.key) {
    tracer.join_keys(stack.slot, stack.epoch, stack.key, known->second);
  }
  for (const UnwoundFrame& frame : unwound.frames) {
    tell_object(frame.object, output);
    const Place place{frame.object, frame.offset};
    if (frame.object != UnwoundFrame::kNoObject && seen_.insert(place).second) {
      names_.ask(frame.object, frame.offset,
                 symbol_source(unwinder_.objects().at(frame.object)));
    }
  }
  output.stacks.push_back({life, stack.key, std::move(unwound)});
}

}  // namespace tidemark
