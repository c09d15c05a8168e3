// The fallback source of all processes: the text of /proc/PID/stat. I/O is of
// watched processes alone, since it costs another file; switches and run delay
// are of no process, since /proc tells them for single threads only.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "daemon/collectors/process_values.h"
#include "daemon/procfs/process_walk.h"

namespace tidemark {

class ProcessText final : public ProcessSource {
 public:
  struct Figures {
    int64_t ticks_per_second = 100;
    int64_t page_size = 4096;
  };
  ProcessText(std::string proc, size_t keep_limit, Figures figures);

  // Error: /proc cannot be read.
  Status open() { return walk_.open(); }
  Status scan(Visitor& visitor) override;

 private:
  procfs::ProcessWalk walk_;
  Figures figures_;
};

}  // namespace tidemark
