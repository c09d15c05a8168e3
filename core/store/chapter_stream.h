// One zstd stream per chapter, flushed at each record: what is written is
// whole, and later records still compress against the earlier ones.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tidemark {

class ChapterCompressor {
 public:
  explicit ChapterCompressor(int level);
  // Starts a new stream; nothing of the old one is needed any more.
  void begin();
  // Appends the compressed bytes to `out`. Error: internal (no memory).
  Status add(std::string_view bytes, std::string& out);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
};

class ChapterDecompressor {
 public:
  ChapterDecompressor();
  void begin();
  // Unpacks one record's part; the result lives until the next call. Errors:
  // malformed (no valid stream, or more than kMaxUnpacked bytes).
  Result<std::string_view> next(std::string_view packed);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::string buffer_;
};

}  // namespace tidemark
