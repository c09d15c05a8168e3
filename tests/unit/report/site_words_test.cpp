// Where a leak is said to be.
#include "report/site_words.h"

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

StackFrame frame(const char* module, const char* function) {
  StackFrame frame;
  frame.module = module;
  frame.function = function;
  return frame;
}

// A report whose stack 1 has these frames, innermost first.
ReportData with_stack(const std::vector<StackFrame>& frames) {
  ReportData data;
  Stack stack;
  stack.id = StackId(1);
  for (size_t i = 0; i < frames.size(); ++i) {
    Module module;
    module.id = ModuleId(static_cast<uint32_t>(i));
    module.path = frames[i].module;
    const StackAddress address{module.id, i};
    EXPECT_TRUE(data.stacks.define(module));
    EXPECT_TRUE(
        data.stacks.define(AddressSymbols{address, {{frames[i].function}}}));
    stack.addresses.push_back(address);
  }
  EXPECT_TRUE(data.stacks.define(stack));
  return data;
}

Finding grown_at(SiteKind kind) {
  FindingSite site;
  site.kind = kind;
  site.stack = StackId(1);
  site.share = 1;
  Finding finding;
  finding.sites.push_back(site);
  return finding;
}

TEST(PlaceOf, ABlocksOwnerIsNamed) {
  const ReportData data = with_stack(
      {frame("/lib/libc.so.6", "malloc"), frame("/bin/shop", "visit")});
  EXPECT_EQ(place_of(data, grown_at(SiteKind::heap)), " in visit (shop)");
}

TEST(PlaceOf, WhoTouchesAPageFirstIsNotBlamed) {
  const ReportData data = with_stack({frame("/bin/shop", "innocent")});
  EXPECT_EQ(place_of(data, grown_at(SiteKind::fault)), "");
}

TEST(PlaceOf, AMappingIsItsCallersUnlessTheAllocatorMadeIt) {
  const ReportData own = with_stack(
      {frame("/lib/libc.so.6", "mmap"), frame("/bin/shop", "open_log")});
  EXPECT_EQ(place_of(own, grown_at(SiteKind::mapping)), " in open_log (shop)");
  const ReportData arena = with_stack({frame("/lib/libc.so.6", "mmap"),
                                       frame("/lib/libc.so.6", "malloc"),
                                       frame("/bin/shop", "innocent")});
  EXPECT_EQ(place_of(arena, grown_at(SiteKind::mapping)), "");
}

}  // namespace
}  // namespace tidemark::synthetic
