#include "daemon/procfs/key_values.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

void set_value(KeyValue& entry, TextCursor& words) {
  const auto value = parse_limit(words.word());
  if (!value) return;
  const bool kib = words.word() == "kB";
  if (kib && *value > INT64_MAX / 1024) return;
  entry.value = kib ? *value * 1024 : *value;
  entry.present = true;
}

}  // namespace

Status parse_key_values(std::string_view file, std::string_view text,
                        std::span<KeyValue> wanted) {
  for (KeyValue& entry : wanted) entry.present = false;
  bool found = false;
  size_t next = 0;  // the files keep their order, so the search starts here
  for (TextCursor lines(text); !lines.at_end();) {
    TextCursor words(lines.line());
    std::string_view key = words.word();
    if (key.ends_with(':')) key.remove_suffix(1);
    for (size_t i = 0; i < wanted.size(); ++i) {
      KeyValue& entry = wanted[(next + i) % wanted.size()];
      if (entry.key != key) continue;
      set_value(entry, words);
      found = found || entry.present;
      next = (next + i + 1) % wanted.size();
      break;
    }
  }
  if (!found) return malformed(file, "none of the expected lines");
  return {};
}

}  // namespace tidemark::procfs
