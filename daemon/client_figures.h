// The slots and histograms of one client, put into a frame under metrics that
// are defined as the client names them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/client_segment.h"
#include "daemon/collector.h"

namespace tidemark {

// Metrics by name, shared by all clients and bounded: names are foreign.
class ClientMetrics {
 public:
  static constexpr size_t kMaxMetrics = 2048;

  explicit ClientMetrics(Definer& definer) : definer_(definer) {}
  // Invalid when there are too many names.
  MetricId get(std::string_view prefix, std::string_view name, MetricKind kind,
               Unit unit, std::string_view help);
  uint64_t refused() const { return refused_; }

 private:
  Definer& definer_;
  std::unordered_map<std::string, MetricId> ids_;
  uint64_t refused_ = 0;
};

class ClientFigures {
 public:
  void sample(const ClientSegment& segment, SubjectId subject,
              ClientMetrics& metrics, FrameBuilder& frame);
  // The name of the primary op when the client chose one since the last call;
  // else empty.
  std::string_view new_primary(const ClientSegment& segment);

 private:
  struct Figure {
    uint8_t kind = 0;  // tidemark_name_kind; 0: to be passed over
    uint16_t histogram = 0;
    std::string name;
    MetricId first, second;  // op, errors; counter; gauge; span, span_errors
  };

  void learn(const ClientSegment& segment);
  void define(Figure& figure, ClientMetrics& metrics);
  bool is_repeated(const Figure& figure) const;
  static void put_histogram(const ClientSegment& segment, SubjectId subject,
                            const Figure& figure, int64_t sum,
                            FrameBuilder& frame);

  std::vector<Figure> figures_;  // by name index
  uint32_t primary_ = 0;         // index + 1, as last told
};

}  // namespace tidemark
