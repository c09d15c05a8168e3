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

// "leak; 412 B stay per request; 5 MiB [4.9, 5.1] alive in 12k blocks, of 6 MiB
// taken; 87 % of what all sites gained".
std::string site_facts(const Finding& finding, const FindingSite& site);
// Bytes, or pieces, as the finding's resource has them.
std::string site_amount(const Finding& finding, double value);
// "from load#1 on its memory grew by +134 MiB: +124 MiB live blocks at known
// sites, …": of findings in bytes; "" when nobody reckoned it.
std::string growth_text(const ReportData& data, const Finding& finding);

// Whether a finding's sites are shown: it rises, or is undecided and something
// grew; and the heap of the same process does not show them already.
bool shows_sites(const ReportData& data, const Finding& finding);
// True when the heap's finding of the same process says the same: its leak.
bool told_by_heap(const ReportData& data, const Finding& finding);

}  // namespace tidemark
