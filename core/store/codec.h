// Between records.h and protobuf. The only room that knows the generated code.
//
// Decoding judges foreign bytes: false means malformed, with the output in
// some valid state. Lists are checked to be of equal length and ids to ascend;
// whether an id is defined is for the caller to say.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/store/records.h"

namespace tidemark {

// Keeps its messages from call to call, so that nothing is allocated per tick.
class Codec {
 public:
  Codec();
  Codec(Codec&&) noexcept;
  Codec& operator=(Codec&&) noexcept;
  ~Codec();

  // encode: replaces `out`. `time_ns` is that of the record's header.
  void encode(const TickRecord& tick, std::string& out);
  void encode(const DictionaryRecord& dictionary, std::string& out);
  void encode(const StateRecord& state, int64_t time_ns, std::string& out);
  void encode(const SummaryRecord& summary, std::string& out);
  void encode(const RecordingInfo& info, std::string& out);
  void encode(const ChapterRecord& chapter, std::string& out);
  void encode(const EventsRecord& events, std::string& out);
  void encode(const GapRecord& gap, std::string& out);
  void encode(const StacksRecord& stacks, std::string& out);
  void encode(const EndRecord& end, std::string& out);

  // decode: tick.time_ns and events.time_ns are set by the caller before.
  bool decode(std::string_view bytes, TickRecord& tick);
  bool decode(std::string_view bytes, DictionaryRecord& dictionary);
  bool decode(std::string_view bytes, int64_t time_ns, StateRecord& state);
  bool decode(std::string_view bytes, RecordingInfo& info);
  bool decode(std::string_view bytes, ChapterRecord& chapter);
  bool decode(std::string_view bytes, EventsRecord& events);
  bool decode(std::string_view bytes, GapRecord& gap);
  bool decode(std::string_view bytes, StacksRecord& stacks);
  bool decode(std::string_view bytes, EndRecord& end);
  // All series of the closed chapter: those listed, and those of `state` that
  // are not listed because they were constant.
  bool decode(std::string_view bytes, const StateRecord& state,
              ChapterSummary& summary);

 private:
  struct Messages;
  std::unique_ptr<Messages> messages_;
};

}  // namespace tidemark
