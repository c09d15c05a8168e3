// Reads chapters: keeps the dictionary and the state that CHAPTER and TICK
// records build up, and makes frames of them.
#pragma once

#include <string>
#include <string_view>

#include "core/model/dictionary.h"
#include "core/model/frame.h"
#include "core/store/chapter_stream.h"
#include "core/store/codec.h"
#include "core/store/file_scanner.h"
#include "core/store/series_state.h"

namespace tidemark {

class ChapterDecoder {
 public:
  // What went wrong, for people; empty: nothing.
  using Reason = std::string;

  // Opens the chapter of a CHAPTER record. When the state is not known to be
  // that of its beginning (the first chapter read, one after damage or a
  // seek), dictionary and state are taken from it.
  Reason begin(const ScannedRecord& record);
  // The state no longer follows the file: ticks are refused until begin().
  void lose();
  bool open() const { return open_; }

  // Applies a TICK record and makes its frame: in a chapter's first tick all
  // values, later those that changed.
  Reason tick(const ScannedRecord& record);
  const Frame& frame() const { return frame_; }
  bool first_of_chapter() const { return first_; }

  // The plain payload of a record outside the chapter's ticks; valid until the
  // next call.
  Result<std::string_view> unpack(const ScannedRecord& record);
  // Takes over the definitions of any record.
  Reason define(const DictionaryRecord& record);

  const ChapterRecord& chapter() const { return chapter_; }
  const Dictionary& dictionary() const { return dictionary_; }
  const SeriesState& state() const { return state_; }
  Codec& codec() { return codec_; }

 private:
  Reason take_state(int64_t time_ns);
  Reason apply(const TickRecord& tick);
  Reason apply(const Recycled<ColumnRecord>& columns, bool emit);
  Reason apply(const Recycled<HistogramRecord>& histograms, bool emit);
  bool may_have_values(uint32_t subject) const;
  Column& add_column(uint32_t metric, int64_t begin_ns, int64_t span_ns);
  void add_all_values();
  void clear_frame();

  Codec codec_;
  ChapterDecompressor stream_;
  ChapterDecompressor alone_;
  Dictionary dictionary_;
  SeriesState state_;
  bool open_ = false;
  bool state_follows_ = false;  // state_ is that of the last record read
  bool first_ = true;
  bool pending_first_ = false;

  ChapterRecord chapter_;
  DictionaryRecord dictionary_record_;
  StateRecord state_record_;
  TickRecord tick_;
  Frame frame_;
  std::vector<Column> spare_;  // columns' memory between frames
};

}  // namespace tidemark
