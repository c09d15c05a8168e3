#include "core/store/chapter_stream.h"

#include <zstd.h>

#include <algorithm>

#include "core/store/record_frame.h"

namespace tidemark {
namespace {

// A chapter is about a MiB; a wider window only costs memory.
constexpr int kWindowLog = 20;
// What a reader accepts (FORMAT.md): 8 MiB.
constexpr int kMaxWindowLog = 23;

}  // namespace

void ChapterCompressor::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

ChapterCompressor::ChapterCompressor(int level) : context_(ZSTD_createCCtx()) {
  ZSTD_CCtx* context = context_.get();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, kWindowLog);
  // The records' own CRC covers the bytes.
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0);
}

void ChapterCompressor::begin() {
  ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_only);
}

Status ChapterCompressor::add(std::string_view bytes, std::string& out) {
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  const size_t room = ZSTD_compressBound(bytes.size()) + 64;
  while (true) {
    const size_t begin = out.size();
    out.resize(begin + room);
    ZSTD_outBuffer output{out.data() + begin, room, 0};
    const size_t left =
        ZSTD_compressStream2(context_.get(), &output, &input, ZSTD_e_flush);
    out.resize(begin + output.pos);
    if (ZSTD_isError(left)) {
      return fail(ErrorKind::internal,
                  std::string("zstd: ") + ZSTD_getErrorName(left));
    }
    if (left == 0) return {};
  }
}

void ChapterDecompressor::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

ChapterDecompressor::ChapterDecompressor() : context_(ZSTD_createDCtx()) {
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  buffer_.resize(64u << 10);
}

void ChapterDecompressor::begin() {
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
}

Result<std::string_view> ChapterDecompressor::next(std::string_view packed) {
  ZSTD_inBuffer input{packed.data(), packed.size(), 0};
  size_t filled = 0;
  while (true) {
    const size_t begin = input.pos;
    ZSTD_outBuffer output{buffer_.data() + filled, buffer_.size() - filled, 0};
    const size_t hint = ZSTD_decompressStream(context_.get(), &output, &input);
    filled += output.pos;
    if (ZSTD_isError(hint)) {
      return fail(ErrorKind::malformed,
                  std::string("compressed data: ") + ZSTD_getErrorName(hint));
    }
    // The flush left all output in the decoder's reach: a call that does not
    // fill the buffer has given everything.
    const bool full = filled == buffer_.size();
    if (input.pos == input.size && !full) break;
    if (hint == 0 || (output.pos == 0 && input.pos == begin)) {
      return fail(ErrorKind::malformed, "compressed data: stream ended");
    }
    if (!full) continue;
    if (filled >= kMaxUnpacked) {
      return fail(ErrorKind::malformed, "compressed data: too large unpacked");
    }
    buffer_.resize(std::min(buffer_.size() * 2, kMaxUnpacked));
  }
  return std::string_view(buffer_.data(), filled);
}

}  // namespace tidemark
