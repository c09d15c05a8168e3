// Text: numbers with units, parsing of what users type, and the one
// sanitizer per sink that hostile text must pass.
//
// Every string that a program, a client or a file gave us (process names,
// command lines, marks) is raw bytes until it is shown; then it passes exactly
// one of the sanitize functions, the one of its sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark {

// "0 B", "412 B", "1.4 KiB", "512 MiB": three significant digits, binary units.
// Here and below: a number that is not finite prints as "?".
std::string format_bytes(double bytes);
// The same with a sign, for growth: "+412 B", "-1.4 MiB".
std::string format_bytes_signed(double bytes);
// "180 ns", "41 us", "2.5 ms", "12.3 s", "4 min 05 s", "2 h 10 min",
// "3 d 04 h".
std::string format_duration(Nanoseconds duration);
// "0", "1,204", "48.2k", "3.1M".
std::string format_count(double count);

// "64KiB", "1GB" (kB = 1000, KiB = 1024), a bare number is an error: units are
// mandatory. Error: usage, naming the text and the units that exist.
Result<Bytes> parse_bytes(std::string_view text);
// "250ms", "1s", "10m", "2h", "1h30m". Error: usage.
Result<Nanoseconds> parse_duration(std::string_view text);
// "70%", "150%", or a fraction up to 1 such as "0.7". Error: usage.
Result<double> parse_ratio(std::string_view text);
// A whole decimal number, nothing else around it; nullopt on overflow too.
std::optional<int64_t> parse_int(std::string_view text);

// The candidate nearest to `word` (Damerau-Levenshtein distance at most a third
// of its length, at least 1), or empty: "did you mean".
std::string_view nearest(std::string_view word,
                         std::span<const std::string_view> candidates);
// "unknown option 'x'; did you mean 'y'?" or with all candidates listed when
// none is near.
std::string unknown_message(std::string_view what, std::string_view word,
                            std::span<const std::string_view> candidates);

// Glob match with * and ? ('*' also crosses '/').
bool glob_match(std::string_view pattern, std::string_view text);

// Terminal, also logs' text: C0, DEL, C1, invalid UTF-8, bidi controls and
// zero-width characters become \xNN or U+FFFD; newline and tab too.
std::string sanitize_terminal(std::string_view raw);
// HTML text and attribute values: & < > " ' escaped, control bytes replaced.
std::string sanitize_html(std::string_view raw);
// One CSV cell by RFC 4180, quoted where needed; a leading = + - @ TAB CR gets
// a ' before it so that no spreadsheet runs it.
std::string sanitize_csv(std::string_view raw);
// The inside of an OpenMetrics label value: \ " and newline escaped, valid
// UTF-8, at most 128 bytes.
std::string sanitize_openmetrics(std::string_view raw);
// One log line: as terminal, and never longer than 1 KiB.
std::string sanitize_log(std::string_view raw);
// Valid UTF-8 without control bytes for a JSON string's value (the JSON
// library does the quoting); invalid bytes become U+FFFD.
std::string sanitize_json(std::string_view raw);

// Replaces secrets in a command line's words: values of password=, token=,
// secret=, api_key= and --password X forms, AWS keys, userinfo in URLs.
// Prefers to hide too much. `argv` is NUL-separated as in /proc/PID/cmdline; so
// is the result. Only the first kLongestCommandLine bytes are kept.
inline constexpr size_t kLongestCommandLine = 4096;
std::string scrub_secrets(std::string_view argv);

}  // namespace tidemark
