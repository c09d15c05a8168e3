// A heap tracer without a kernel: remembers what it was asked for, and tells
// what a test gives it.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "probes/heap_tracer.h"

namespace tidemark {

class FakeHeapTracer final : public HeapTracer {
 public:
  enum class State : uint8_t { free, reserved, counting, sampling, detached };
  struct Slot {
    Pid pid;
    State state = State::free;
    uint64_t period = 0;
    uint32_t epoch = 0;
    HeapCounts counts;
    std::vector<std::string> objects;
  };

  HeapAttachment attachment() const override { return HeapAttachment::session; }
  HeapTrapCost trap_cost() const override { return {1000, 10'000, 500}; }

  Result<HeapSlot> reserve(Pid pid) override {
    for (HeapSlot i = 0; i < slots.size(); ++i) {
      if (slots[i].state != State::free) continue;
      slots[i] = {};
      slots[i].pid = pid;
      slots[i].state = State::reserved;
      return i;
    }
    return fail(ErrorKind::full, "no slot is left");
  }
  Status add_object(HeapSlot slot, const HeapObject& object) override {
    if (refuses_objects) return fail(ErrorKind::permission, "not ours");
    slots[slot].objects.push_back(object.path);
    return {};
  }
  void set_code(HeapSlot, std::span<const AddressRange>) override {}
  void count_calls(HeapSlot slot) override {
    slots[slot].state = State::counting;
  }
  void sample(HeapSlot slot, uint64_t period) override {
    if (slots[slot].state != State::sampling) ++slots[slot].epoch;
    slots[slot].state = State::sampling;
    slots[slot].period = period;
  }
  void sample_at_exec(HeapSlot slot, uint64_t period) override {
    slots[slot].period = period;
  }
  uint64_t period(HeapSlot slot) const override { return slots[slot].period; }
  uint32_t epoch(HeapSlot slot) const override { return slots[slot].epoch; }
  void detach(HeapSlot slot) override { slots[slot].state = State::detached; }
  void purge(HeapSlot slot, uint32_t epoch) override {
    purged.emplace_back(slot, epoch);
  }
  void release(HeapSlot slot) override { slots[slot].state = State::free; }
  void set_cohort(uint32_t) override {}
  void join_keys(HeapSlot, uint32_t, uint64_t, uint64_t) override {}
  void forget_site(const HeapSite&) override {}
  HeapCounts counts(HeapSlot slot) const override { return slots[slot].counts; }
  Status read_sites(std::vector<HeapSite>& rows) const override {
    rows.clear();
    return {};
  }
  int fd() const override { return -1; }
  Status drain(const std::function<void(const HeapStack&)>&,
               const std::function<void(const HeapEvent&)>& events) override {
    for (const HeapEvent& event : std::exchange(waiting, {})) events(event);
    return {};
  }

  std::array<Slot, 2> slots;
  std::vector<std::pair<HeapSlot, uint32_t>> purged;
  std::vector<HeapEvent> waiting;
  bool refuses_objects = false;
};

}  // namespace tidemark
