// A picture or a print of a page, by the Chromium that is installed.
#pragma once

#include <string>

#include "core/base/result.h"

namespace tidemark {

struct BrowserPrint {
  const char* option;         // "--screenshot" or "--print-to-pdf"
  const char* result;         // "picture.png": it wants to know by the name
  int width = 0, height = 0;  // of the window, in pixels
};

// `name` ends the page's file name and so says what it is: "report.html". The
// browser is the first of chromium, chromium-browser, google-chrome in PATH;
// it asks nobody anything. Errors: not_found, with the remedy; io: it failed,
// or took more than a minute.
Result<std::string> print_with_browser(const std::string& page,
                                       const std::string& name,
                                       const BrowserPrint& print);

}  // namespace tidemark
