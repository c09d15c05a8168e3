// Finds the records of a recording's file: reads with pread through a window,
// checks them, and after damage finds the next valid chapter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "core/store/record_frame.h"

namespace tidemark {

struct ScannedRecord {
  int64_t offset = 0;
  RecordHeader header;
  std::string_view payload;  // valid until the next call
  int64_t bytes() const {
    return static_cast<int64_t>(kRecordHeaderSize + payload.size());
  }
};

class FileScanner {
 public:
  enum class Verdict : uint8_t {
    record,  // whole, and its checksum holds
    end,     // no byte is left
    torn,    // fewer bytes are left than the record needs, or only zeros
    broken,  // its checksum or its length is wrong
    failed,  // read(2) failed
  };
  struct Look {
    Verdict verdict = Verdict::end;
    ScannedRecord record;
    const char* reason = "";  // torn, broken, failed
    // broken: the record's stated end, when that may be believed for a try.
    std::optional<int64_t> next;
  };

  FileScanner(UniqueFd fd, const Uuid& uuid)
      : fd_(std::move(fd)), uuid_(uuid) {}
  void set_uuid(const Uuid& uuid) { uuid_ = uuid; }

  // Up to `size` bytes at `offset`; fewer only at the end of the file.
  Result<std::string_view> view(int64_t offset, size_t size);
  // The file's size now.
  int64_t size() const;
  // What stands at `offset`.
  Look look(int64_t offset);
  // The header there alone, unchecked: for hopping over records. nullopt at
  // the end of the file.
  std::optional<RecordHeader> peek(int64_t offset);
  // The offset of the first valid chapter at or after `from`; nullopt: none.
  std::optional<int64_t> find_chapter(int64_t from);

 private:
  Look look_once(int64_t offset);
  bool only_zeros(int64_t offset);

  UniqueFd fd_;
  Uuid uuid_;
  std::string buffer_;
  int64_t begin_ = 0;  // of the window
  size_t filled_ = 0;
  int64_t work_ = 0;  // bytes summed while looking for chapters
};

}  // namespace tidemark
