#include "probes/function_returns.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>

#include "probes/x86_code.h"

namespace tidemark {
namespace {

constexpr size_t kMostInstructions = 8192;
constexpr size_t kMostReturns = 64;
constexpr uint64_t kLongestInstruction = 15;

// Calls that do not come back: what stands behind them is another's code.
constexpr std::array<std::string_view, 9> kNoReturn = {
    "abort",
    "_exit",
    "__assert_fail",
    "__stack_chk_fail",
    "__cxa_throw",
    "__cxa_rethrow",
    "_Unwind_Resume",
    "_ZSt9terminatev",
    "_ZSt17__throw_bad_allocv"};

class Walk {
 public:
  Walk(const ElfFile& file, const CallTargets& calls,
       const OwnSymbol& own_symbol)
      : file_(file), calls_(calls), own_symbol_(own_symbol) {}

  Result<std::vector<uint64_t>> run(uint64_t entry) {
    to_visit_.push_back(entry);
    while (!to_visit_.empty()) {
      const uint64_t address = to_visit_.back();
      to_visit_.pop_back();
      if (!seen_.insert(address).second) continue;
      if (seen_.size() > kMostInstructions) {
        return fail(ErrorKind::unsupported, "too much code to its ends");
      }
      TIDEMARK_CHECK(visit(address));
    }
    if (returns_.size() > kMostReturns) {
      return fail(ErrorKind::unsupported, "too many ends");
    }
    return std::vector<uint64_t>(returns_.begin(), returns_.end());
  }

 private:
  Status visit(uint64_t address) {
    const std::string bytes = file_.read_code(address, kLongestInstruction);
    const X86Code code(
        {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    X86Instruction each;
    if (!code.decode(0, each)) {
      return fail(ErrorKind::unsupported, "no code that we know");
    }
    const uint64_t next = address + each.head.length;
    const auto target = each.branch_target();
    switch (each.head.meta.category) {
      case ZYDIS_CATEGORY_RET: returns_.insert(address); return {};
      case ZYDIS_CATEGORY_UNCOND_BR: return jump(address, each);
      case ZYDIS_CATEGORY_COND_BR:
        if (target)
          to_visit_.push_back(address + static_cast<uint64_t>(*target));
        break;
      case ZYDIS_CATEGORY_CALL:
        if (target && ends_there(address + static_cast<uint64_t>(*target))) {
          return {};
        }
        break;
      case ZYDIS_CATEGORY_INTERRUPT: return {};
      default:
        if (each.head.mnemonic == ZYDIS_MNEMONIC_UD2) return {};
        break;
    }
    to_visit_.push_back(next);
    return {};
  }

  bool ends_there(uint64_t target) const {
    const std::string_view import = calls_.import_at_stub(target);
    return std::ranges::find(kNoReturn, import) != kNoReturn.end();
  }

  Status jump(uint64_t address, const X86Instruction& each) {
    std::string_view import;
    if (const auto target = each.branch_target()) {
      const uint64_t to = address + static_cast<uint64_t>(*target);
      import = calls_.import_at_stub(to);
      if (import.empty()) {
        to_visit_.push_back(to);
        return {};
      }
    } else if (const auto slot = each.branch_slot()) {
      import = calls_.import_at_slot(address + static_cast<uint64_t>(*slot));
    }
    const auto own = import.empty() ? std::nullopt : own_symbol_(import);
    if (!own) {
      return fail(ErrorKind::unsupported,
                  import.empty() ? "it jumps through a table"
                                 : "it jumps to " + std::string(import) +
                                       " of another object");
    }
    to_visit_.push_back(*own);
    return {};
  }

  const ElfFile& file_;
  const CallTargets& calls_;
  const OwnSymbol& own_symbol_;
  std::vector<uint64_t> to_visit_;
  std::set<uint64_t> seen_;
  std::set<uint64_t> returns_;
};

}  // namespace

Result<std::vector<uint64_t>> find_returns(const ElfFile& file,
                                           const CallTargets& calls,
                                           const OwnSymbol& own_symbol,
                                           uint64_t entry) {
  return Walk(file, calls, own_symbol).run(entry);
}

}  // namespace tidemark
