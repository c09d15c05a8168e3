// As much of HTTP/1.1 (RFC 9112) as the shop needs: requests without a body
// worth reading, keep-alive, pipelining.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shop {

struct Request {
  std::string_view path;   // up to '?'
  std::string_view query;  // behind it
  bool keep_alive = true;
};

enum class Parsed : uint8_t { incomplete, complete, malformed };

constexpr size_t kMaxRequest = 8192;

// The request at the front of `bytes`; `size` becomes what it takes, its body
// included. Views point into `bytes`.
Parsed parse_request(std::string_view bytes, Request& request, size_t& size);

// The number of `key=N` in a query; nullopt when there is none.
std::optional<uint64_t> query_number(std::string_view query,
                                     std::string_view key);
std::string_view query_text(std::string_view query, std::string_view key);

struct Response {
  int status = 200;
  std::string body;  // JSON
};

void append_response(const Response& response, bool keep_alive,
                     std::string& out);

}  // namespace shop
