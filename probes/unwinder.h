// From a copied stack to the chain of callers: by call frame information where
// the code has it, by frame pointers where it has none, else by a marked guess.
// Everything copied is foreign: a hostile stack costs bounded time and gives a
// wrong stack at worst.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/model/site.h"
#include "probes/eh_frame.h"
#include "probes/process_maps.h"
#include "probes/program_objects.h"

namespace tidemark {

struct UnwindInput {
  // How the program counter came to be where it is.
  enum class Place : uint8_t {
    // Before the instructions of a function that move the stack pointer, as
    // ProbeSite guarantees: the return address is at the stack pointer.
    function_entry,
    anywhere,  // interrupted there
    returned,  // just behind a call that has returned: a return probe
  };
  std::array<uint64_t, 16> registers = {};  // DWARF's order, see eh_frame.h
  uint64_t program_counter = 0;
  uint64_t stack_address = 0;  // of the first copied byte
  std::span<const uint8_t> stack;
  Place place = Place::anywhere;
};

struct UnwoundFrame {
  static constexpr uint32_t kNoObject = UINT32_MAX;
  // Callers: inside their call instruction (return address minus 1), as
  // StackAddress has it.
  uint64_t address = 0;
  uint32_t object = kNoObject;  // of Unwinder::objects()
  uint64_t offset = 0;          // in the object's file; without one, address

  auto operator<=>(const UnwoundFrame&) const = default;
};

struct UnwoundStack {
  std::vector<UnwoundFrame> frames;  // innermost first
  StackQuality quality = StackQuality::cfi;
  bool truncated = false;  // the outer end is missing
};

// One thread at a time.
class Unwinder {
 public:
  static constexpr size_t kMostFrames = 256;

  explicit Unwinder(std::string proc = "/proc");
  // `maps`: of about the time of the copy.
  UnwoundStack unwind(const ProcessMaps& maps, const UnwindInput& input);
  // The module and offset of an address alone.
  UnwoundFrame locate(const ProcessMaps& maps, uint64_t address);
  const ProgramObjects& objects() const { return objects_; }

 private:
  ProgramObjects objects_;
};

}  // namespace tidemark
