// Figures in a few columns, for table cells and the header. At most five
// characters, six with a sign.
//
// Three states look different everywhere: blank (does not apply, has ended),
// "0" (read, and zero), "-" (not read: unknown).
#pragma once

#include <optional>
#include <string>

#include "core/base/clock.h"

namespace tidemark {

// "0", "412", "1.4K", "21M", "6.2G": bytes in binary units.
std::string short_bytes(double bytes);
// "0", "1,204", "48.2k", "3.1M".
std::string short_count(double count);
// "212", "88", "3.4", "0.3": per cent from a ratio, no sign.
std::string short_percent(double ratio);
// "+6M", "-1.2K", "0".
std::string short_bytes_signed(double bytes);
std::string short_count_signed(double count);
// "41s", "4:12", "31m", "2h10", "5d03".
std::string short_age(Nanoseconds age);
// "00:04:12" of an elapsed time; "-00:00:03" before the origin.
std::string elapsed_clock(Nanoseconds elapsed);
// "14:32:07" local time (TZ) of nanoseconds since 1970.
std::string wall_clock(int64_t realtime_ns);
// "-" when absent, else format(value).
std::string or_dash(std::optional<double> value, std::string (*format)(double));

}  // namespace tidemark
