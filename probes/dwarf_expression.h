// Expressions of call frame information (DWARF 5, 2.5.1), as PLT entries and
// signal frames need them. Foreign bytes: steps and depth are bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace tidemark {

// Reads the 8 bytes at an address of the process; nullopt: not copied.
using ReadWord = std::function<std::optional<uint64_t>(uint64_t)>;

// What the expression leaves on top of its stack, which begins with `initial`
// when given. `registers` by DWARF number; one that is not known is nullopt.
// nullopt: an operation that we do not know, or one that cannot be done.
std::optional<uint64_t> evaluate_expression(
    std::string_view expression,
    std::span<const std::optional<uint64_t>> registers,
    const ReadWord& read_word, std::optional<uint64_t> initial);

}  // namespace tidemark
