#include "daemon/host_info.h"

#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "core/os/file.h"

namespace tidemark {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// "xxxxxxxx-xxxx-..." as 16 bytes; zeros when it is none.
std::array<uint8_t, 16> parse_uuid(std::string_view text) {
  std::array<uint8_t, 16> result{};
  size_t digits = 0;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (digits == 32) break;
    const int shift = digits % 2 == 0 ? 4 : 0;
    result[digits / 2] =
        static_cast<uint8_t>(result[digits / 2] | (digit << shift));
    ++digits;
  }
  return digits == 32 ? result : std::array<uint8_t, 16>{};
}

// The text after "name   : " of the first line that begins with `name`.
std::string_view field(std::string_view text, std::string_view name) {
  const size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at);
  text = text.substr(0, text.find('\n'));
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  text.remove_prefix(colon + 1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

}  // namespace

RecordingInfo describe_host(const Roots& roots, const Clock& clock) {
  RecordingInfo info;
  info.anchor = clock.anchor();
  // The only failure is an interrupted start of the machine; zeros then.
  [[maybe_unused]] const ssize_t got =
      ::getrandom(info.uuid.data(), info.uuid.size(), 0);
  std::string buffer;
  if (auto text =
          read_file(roots.proc + "/sys/kernel/random/boot_id", buffer)) {
    info.boot_id = parse_uuid(*text);
  }
  utsname names{};
  if (::uname(&names) == 0) {
    info.host = names.nodename;
    info.kernel = names.release;
  }
  if (auto text = read_file(roots.proc + "/cpuinfo", buffer)) {
    info.cpu_model = std::string(field(*text, "model name"));
  }
  info.cpu_count = ::sysconf(_SC_NPROCESSORS_ONLN);
  info.page_size = ::sysconf(_SC_PAGESIZE);
  info.memory_bytes = ::sysconf(_SC_PHYS_PAGES) * info.page_size;
  info.ticks_per_second = ::sysconf(_SC_CLK_TCK);
  return info;
}

}  // namespace tidemark
