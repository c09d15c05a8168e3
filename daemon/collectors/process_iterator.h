// The best source of all processes: the BPF task iterator.
#pragma once

#include <memory>

#include "core/base/result.h"
#include "daemon/collectors/process_values.h"
#include "probes/process_scan.h"

namespace tidemark {

class ProcessIterator final : public ProcessSource {
 public:
  // Error: the probe's, with its remedy.
  static Result<std::unique_ptr<ProcessIterator>> open(int64_t page_size);
  Status scan(Visitor& visitor) override;

 private:
  ProcessIterator(std::unique_ptr<ProcessScan> probe, int64_t page_size)
      : probe_(std::move(probe)), page_size_(page_size) {}

  std::unique_ptr<ProcessScan> probe_;
  int64_t page_size_;
};

}  // namespace tidemark
