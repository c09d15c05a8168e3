// Command lines as words, without a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tidemark {

// Blanks separate words, '...' and "..." keep them, a backslash keeps the next
// character (not inside of '...'). Nothing is expanded. Error usage: a quote
// that is never closed, or no word at all.
Result<std::vector<std::string>> split_words(std::string_view text);
// A word that split_words() gives back as it is.
std::string quote_word(std::string_view word);

}  // namespace tidemark
