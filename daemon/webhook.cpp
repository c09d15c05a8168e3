// libcurl's easy interface: one POST, in time or not at all.
#include <curl/curl.h>

#include <memory>
#include <string>

#include "daemon/alert_courier.h"

namespace tidemark {
namespace {

size_t drop_answer(char*, size_t size, size_t count, void*) {
  return size * count;
}

struct Cleanup {
  void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

}  // namespace

Status post_json(const std::string& url, std::string_view json,
                 Nanoseconds timeout) {
  const std::unique_ptr<CURL, Cleanup> curl(::curl_easy_init());
  if (!curl) return fail(ErrorKind::unsupported, "curl did not start");
  const std::unique_ptr<curl_slist, Cleanup> headers(
      ::curl_slist_append(nullptr, "Content-Type: application/json"));
  const std::string body(json);
  char why[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) {
    ::curl_easy_setopt(curl.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_POSTFIELDS, body.c_str());
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_USERAGENT, "tidemark");
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count() / 1'000'000));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_WRITEFUNCTION, drop_answer);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_ERRORBUFFER, why);
  const CURLcode code = ::curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {};
  return fail(ErrorKind::io, *why != '\0' ? why : ::curl_easy_strerror(code));
}

}  // namespace tidemark
