// What several formats say of sites. Plain text with raw names in it: the
// whole passes the sanitizer of its sink.
#pragma once

#include <string>

#include "report/report_data.h"

namespace tidemark {

// "Cart::checkout (cart.cpp:88)": the frame that titles the stack.
std::string title_of(const ReportData& data, StackId stack);

// " in Cart::checkout (cart.cpp:88)", with "and 2 other places" when that one
// is less than four fifths of what leaks; "" when no site tells where.
std::string place_of(const ReportData& data, const Finding& finding);

// "leak", "cache", "freed at exit", …
const char* site_class_words(SiteClass site_class);

// Whether a finding's sites are shown: it rises, or is undecided and something
// grew; and the heap of the same process does not show them already.
bool shows_sites(const ReportData& data, const Finding& finding);
// True when the heap's finding of the same process says the same: its leak.
bool told_by_heap(const ReportData& data, const Finding& finding);

}  // namespace tidemark
