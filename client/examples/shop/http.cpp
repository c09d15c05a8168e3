#include "http.h"

#include <strings.h>

#include <charconv>
#include <cstdio>

namespace shop {
namespace {

// The value of a header field, names compared without case; empty: absent.
std::string_view field(std::string_view head, std::string_view name) {
  size_t line = head.find("\r\n");
  while (line != std::string_view::npos && line + 2 < head.size()) {
    const size_t begin = line + 2;
    line = head.find("\r\n", begin);
    const std::string_view text = head.substr(begin, line - begin);
    if (text.size() > name.size() && text[name.size()] == ':' &&
        ::strncasecmp(text.data(), name.data(), name.size()) == 0) {
      std::string_view value = text.substr(name.size() + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      return value;
    }
  }
  return {};
}

bool parse_number(std::string_view text, uint64_t& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end && !text.empty();
}

bool parse_line(std::string_view line, Request& request) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return false;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (target.empty() || target[0] != '/') return false;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  request.query = mark == std::string_view::npos ? std::string_view()
                                                 : target.substr(mark + 1);
  request.keep_alive = version == "HTTP/1.1";
  return true;
}

const char* reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    default: return "Error";
  }
}

}  // namespace

Parsed parse_request(std::string_view bytes, Request& request, size_t& size) {
  const size_t end = bytes.substr(0, kMaxRequest).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() < kMaxRequest ? Parsed::incomplete : Parsed::malformed;
  }
  const std::string_view head = bytes.substr(0, end + 2);
  if (!parse_line(head.substr(0, head.find("\r\n")), request)) {
    return Parsed::malformed;
  }
  uint64_t body = 0;
  const std::string_view length = field(head, "content-length");
  if (!length.empty() && (!parse_number(length, body) || body > kMaxRequest)) {
    return Parsed::malformed;
  }
  const std::string_view connection = field(head, "connection");
  if (connection.size() == 5 &&
      ::strncasecmp(connection.data(), "close", 5) == 0) {
    request.keep_alive = false;
  }
  size = end + 4 + body;
  return bytes.size() < size ? Parsed::incomplete : Parsed::complete;
}

std::string_view query_text(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.size() > key.size() && pair[key.size()] == '=' &&
        pair.substr(0, key.size()) == key) {
      return pair.substr(key.size() + 1);
    }
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
  }
  return {};
}

std::optional<uint64_t> query_number(std::string_view query,
                                     std::string_view key) {
  uint64_t value = 0;
  if (!parse_number(query_text(query, key), value)) return std::nullopt;
  return value;
}

void append_response(const Response& response, bool keep_alive,
                     std::string& out) {
  char head[256];
  std::snprintf(head, sizeof head,
                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
                "Content-Length: %zu\r\n%s\r\n",
                response.status, reason(response.status), response.body.size(),
                keep_alive ? "" : "Connection: close\r\n");
  out += head;
  out += response.body;
}

}  // namespace shop
