// The words of a gate expression, one after another, with their positions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/analysis/gate_expr.h"

namespace tidemark {

class GateScanner {
 public:
  explicit GateScanner(std::string_view text) : text_(text) {}

  size_t at() const { return at_; }
  bool done();
  // The sign if it is next; longer signs are to be tried first.
  bool take(std::string_view sign);
  // The word if it is next, whole.
  bool take_word(std::string_view word);
  // What a name may consist of, or a text in ' or ": empty when none is next.
  // A quote that is not closed is an error.
  Result<std::string> name();
  std::string_view peek_word();
  // "1GiB", "+10%", "90 %", "1h30m", "5", with an optional "/min" behind it,
  // which is stored in `per`.
  Result<GateAmount> amount(GatePer& per);
  // A duration, of `what`.
  Result<Nanoseconds> duration(std::string_view what);
  // A number up to 100 and a percent sign, as a fraction.
  Result<double> percent();

  std::unexpected<Error> wrong(std::string_view why) {
    skip_blanks();
    return wrong_at(at_, why);
  }
  std::unexpected<Error> wrong_at(size_t at, std::string_view why) const {
    return gate_error(text_, at, why);
  }
  // "SIGN is expected here, not 'x'".
  Status expect(std::string_view sign);
  std::string found();

 private:
  void skip_blanks();
  Result<double> number();
  Status apply_unit(GateAmount& amount, std::string_view unit);

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace tidemark
