#include "daemon/record_sink.h"

#include <utility>

#include "daemon/writer_sink.h"

namespace tidemark {

Result<std::unique_ptr<RecordSink>> create_recording(
    const std::string& path, const RecordingInfo& info) {
  TIDEMARK_TRY(auto writer, RecordingWriter::create(path, info));
  return std::make_unique<WriterSink>(std::move(writer));
}

}  // namespace tidemark
