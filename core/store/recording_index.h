// Where a recording's chapters are: found by hopping from header to header,
// without reading what lies between.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/store/chapter_stream.h"
#include "core/store/codec.h"
#include "core/store/file_scanner.h"

namespace tidemark {

class RecordingIndex {
 public:
  struct Chapter {
    int64_t offset = 0;
    int64_t time_ns = 0;  // of its first tick
  };

  explicit RecordingIndex(FileScanner& scanner) : scanner_(scanner) {}

  // Finds the chapters up to the file's present end, in order.
  const std::vector<Chapter>& chapters();
  // The last chapter that begins before `time_ns`; the first when none does;
  // nullopt when there is no chapter.
  std::optional<Chapter> chapter_before(int64_t time_ns);
  // The summaries of all closed chapters, in order; the argument is used
  // again for the next.
  void for_each_summary(const std::function<void(const ChapterSummary&)>& fn);
  // The times of the first and last readable TICK, EVENTS, GAP or END.
  std::optional<std::pair<int64_t, int64_t>> span();

 private:
  bool hop();
  bool resync(int64_t from);
  bool read_summary(int64_t offset);
  // The times of the readable items in [from, to).
  std::optional<std::pair<int64_t, int64_t>> item_times(int64_t from,
                                                        int64_t to,
                                                        bool first_only);

  FileScanner& scanner_;
  std::vector<Chapter> chapters_;
  std::optional<int64_t> end_;  // offset of the END record
  int64_t next_ = kFileHeaderSize;
  int64_t before_ = kFileHeaderSize;  // the record before next_
  std::optional<uint16_t> sequence_;  // expected at next_
  int64_t searched_size_ = -1;        // of the file when no chapter was found

  // For summaries.
  ChapterDecompressor stream_;
  Codec codec_;
  ChapterRecord head_;
  EndRecord end_record_;
  StateRecord state_;
  ChapterSummary summary_;
};

}  // namespace tidemark
