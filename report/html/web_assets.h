// The page's own script and style (report/web) and the chart library that was
// installed when this was built, with the hashes that its policy names.
#pragma once

#include <string_view>

namespace tidemark {

struct WebAssets {
  std::string_view library, script, style;
  // "sha256-..." as in a Content-Security-Policy.
  std::string_view library_hash, script_hash, style_hash;
};

const WebAssets& web_assets();

}  // namespace tidemark
