// Writes one recording file (FORMAT.md). Not thread-safe: the writer thread
// owns it. Nothing is buffered between calls: when write_frame or write_events
// returns, the bytes have been passed to the kernel in one write(2) and survive
// SIGKILL.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/model/event.h"
#include "core/model/frame.h"
#include "core/model/metric.h"
#include "core/model/site.h"
#include "core/model/subject.h"
#include "core/store/recording_info.h"

namespace tidemark {

struct WriterOptions {
  // Longer chapters cost less (each restates what is known) and lose more when
  // a byte of them is damaged.
  int chapter_ticks = 300;
  int64_t chapter_bytes = 1 << 20;
  int zstd_level = 3;
};

class RecordingWriter {
 public:
  // Creates `path` (O_EXCL; exists = error `io` naming it; mode 0640), writes
  // the file header. An existing recording is never appended to.
  static Result<RecordingWriter> create(const std::string& path,
                                        const RecordingInfo& info,
                                        const WriterOptions& options = {});
  RecordingWriter(RecordingWriter&&) noexcept;
  RecordingWriter& operator=(RecordingWriter&&) noexcept;
  ~RecordingWriter();  // closes without END: readers say "not closed"

  // Dictionary entries; written with the next record. Redefining is allowed.
  void define(const Metric& metric);
  void define(const Subject& subject);
  // Stacks stand in the file before the record that needs them. False: beyond
  // the limits of StackTable, and ignored.
  bool define(const Module& module);
  bool define(const Stack& stack);
  bool define(const AddressSymbols& symbols);

  // One TICK record; opens a new chapter when the current one is full.
  // Error full/io: nothing of this frame is in the file (a short write is cut
  // back); the caller keeps its window and writes a gap when space returns.
  Status write_frame(const Frame& frame, const ClockAnchor& anchor);
  // One EVENTS record, uncompressed, readable even if a tick is damaged.
  Status write_events(std::span<const Event> events);
  // Says that `ticks` ticks between the two times are missing, and why.
  Status write_gap(BootTime from, BootTime to, int64_t ticks,
                   const std::string& reason);
  // Goes on in a new file that can be read alone: all that is known, and
  // `events`, stand at its head. Then the old file gets its END, so that who
  // follows it finds the next one there. `info`: with a uuid of its own. Error:
  // there is no new file and the old one goes on.
  Status continue_in(const std::string& path, const RecordingInfo& info,
                     BootTime time, std::span<const Event> events);
  Status sync();                // fdatasync
  Status close(BootTime time);  // END record with totals, sync, close
  int64_t bytes_written() const;
  // Values left out because their subject was not defined or had ended: a bug
  // of the caller's, never a reason to lose the frame. Of all files it went on
  // in.
  int64_t values_refused() const;

 private:
  struct Impl;
  explicit RecordingWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
