#include "daemon/procfs/cgroup_paths.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

bool has_controller(std::string_view list, std::string_view controller) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == controller) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::vector<std::string> v1_controllers(std::string_view super_options) {
  // Options that are no controllers: those of the file system itself.
  std::vector<std::string> found;
  while (!super_options.empty()) {
    const size_t comma =
        std::min(super_options.find(','), super_options.size());
    const std::string_view word = super_options.substr(0, comma);
    if (word != "rw" && word != "ro" && word != "xattr" &&
        word != "clone_children") {
      found.emplace_back(word);
    }
    super_options.remove_prefix(std::min(comma + 1, super_options.size()));
  }
  return found;
}

}  // namespace

std::optional<CgroupLine> next_cgroup_line(std::string_view& rest) {
  TextCursor lines(rest);
  while (!lines.at_end()) {
    const std::string_view line = lines.line();
    rest = lines.rest();
    const size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    CgroupLine found;
    found.controllers = line.substr(first + 1, second - first - 1);
    found.path = line.substr(second + 1);
    found.v2 = line.substr(0, first) == "0" && found.controllers.empty();
    if (found.path.starts_with('/')) return found;
  }
  rest = {};
  return std::nullopt;
}

std::string_view cgroup_path(std::string_view text,
                             std::string_view controller) {
  while (const auto line = next_cgroup_line(text)) {
    if (controller.empty()
            ? line->v2
            : !line->v2 && has_controller(line->controllers, controller))
      return line->path;
  }
  return {};
}

std::string_view main_cgroup(std::string_view text) {
  bool any = false;
  for (const std::string_view controller :
       {"", "memory", "pids", "cpuacct", "cpu", "name=systemd"}) {
    const std::string_view path = cgroup_path(text, controller);
    if (path.size() > 1) return path;
    any = any || !path.empty();
  }
  return any ? "/" : "";
}

std::string unescape_mount(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view digits = text.substr(i, 4);
    const auto octal = [&](size_t at) {
      return digits[at] >= '0' && digits[at] <= '7';
    };
    if (digits.size() == 4 && digits[0] == '\\' && octal(1) && octal(2) &&
        octal(3)) {
      const int value =
          (digits[1] - '0') * 64 + (digits[2] - '0') * 8 + (digits[3] - '0');
      plain += static_cast<char>(value & 0xFF);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

Result<std::vector<CgroupMount>> parse_cgroup_mounts(std::string_view text) {
  std::vector<CgroupMount> mounts;
  for (TextCursor lines(text); !lines.at_end();) {
    const std::string_view line = lines.line();
    if (line.empty()) continue;
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) {
      return malformed("mountinfo", "a line without ' - '");
    }
    TextCursor tail(line.substr(dash + 3));
    const std::string_view type = tail.word();
    if (type != "cgroup" && type != "cgroup2") continue;
    tail.skip(1);  // the source
    TextCursor head(line.substr(0, dash));
    head.skip(3);  // ids and device
    CgroupMount mount;
    mount.root = unescape_mount(head.word());
    mount.mount_point = unescape_mount(head.word());
    mount.v2 = type == "cgroup2";
    if (!mount.v2) mount.controllers = v1_controllers(tail.word());
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace tidemark::procfs
