#include "core/analysis/site_title.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark {
namespace {

StackFrame in(const std::string& module, const std::string& function,
              bool inlined = false) {
  StackFrame frame;
  frame.module = module;
  frame.function = function;
  frame.inlined = inlined;
  return frame;
}

TEST(ShortFunction, DropsTypesArgumentsAndParameters) {
  EXPECT_EQ(short_function("main"), "main");
  EXPECT_EQ(short_function("Cart::checkout(Order const&)"), "Cart::checkout");
  EXPECT_EQ(short_function("void Cart::add<int, char>(int, char) const"),
            "Cart::add");
  EXPECT_EQ(short_function("std::vector<int, std::allocator<int> >::push_back("
                           "int const&)"),
            "std::vector::push_back");
  EXPECT_EQ(short_function("(anonymous namespace)::leak()"),
            "(anonymous namespace)::leak");
  EXPECT_EQ(short_function("operator new(unsigned long)"), "operator new");
  EXPECT_EQ(short_function("operator new[](unsigned long)"), "operator new[]");
  EXPECT_EQ(short_function("Job::operator()(int) const"), "Job::operator()");
  EXPECT_EQ(short_function("bool operator< <int>(A<int> const&)"),
            "operator< <int>");
  EXPECT_EQ(short_function("std::unique_ptr<A<(B)1> > make<A<(B)1> >(int)"),
            "make");
  EXPECT_EQ(short_function("main::{lambda(int)#1}::operator()(int) const"),
            "main::{lambda(int)#1}::operator()");
  EXPECT_EQ(short_function("void my_operator_count(int)"), "my_operator_count");
  EXPECT_EQ(short_function(""), "");
}

TEST(SiteTitle, IsTheFirstFrameOfTheUsersCode) {
  const std::vector<StackFrame> frames = {
      in("/usr/lib/x86_64-linux-gnu/libc.so.6", "malloc"),
      in("/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
         "operator new(unsigned long)"),
      in("/bin/shop",
         "std::__new_allocator<Item>::allocate(unsigned long, void const*)",
         true),
      in("/bin/shop",
         "void std::vector<Item>::_M_realloc_insert<Item>(Item&&)"),
      in("/bin/shop", "Cart::add(Item)", true),
      in("/bin/shop", "Cart::checkout()"),
      in("/bin/shop", "main"),
  };
  EXPECT_EQ(title_frame(frames), 4u);
  EXPECT_EQ(site_title(frames), "Cart::add (shop)");
}

TEST(SiteTitle, WhatIsInlinedIntoALibraryIsTheLibrarys) {
  const std::vector<StackFrame> frames = {
      in("/lib/x86_64-linux-gnu/libc.so.6", "grow_heap", true),
      in("/lib/x86_64-linux-gnu/libc.so.6", "sysmalloc"),
      in("/bin/shop", "shop::Shop::products"),
  };
  EXPECT_EQ(title_frame(frames), 2u);
}

TEST(SiteTitle, ACallerOfTheLibraryIsTheUser) {
  const std::vector<StackFrame> frames = {
      in("/lib/libc.so.6", "malloc"), in("/lib/libc.so.6", ""),
      in("/lib/libc.so.6", "fopen64"), in("/bin/shop", "read_config")};
  EXPECT_EQ(title_frame(frames), 3u);
}

TEST(SiteTitle, KnownWrappersAndAllocatorsFold) {
  for (const char* name :
       {"calloc", "strdup", "xmalloc", "zmalloc", "je_malloc", "mi_malloc",
        "zmalloc_usable", "g_malloc0", "operator new[](unsigned long)",
        "std::allocate_shared<A>()", "tcmalloc::allocate_full_cpp_throw_oom"}) {
    EXPECT_TRUE(is_plumbing(in("/bin/shop", name))) << name;
  }
  for (const char* name : {"main", "my_malloc", "mallocate", "Cart::calloc()",
                           "stdx::f()", "malloc_leak"}) {
    EXPECT_FALSE(is_plumbing(in("/bin/shop", name))) << name;
  }
  EXPECT_TRUE(is_plumbing(in("/opt/libjemalloc.so.2", "")));
  EXPECT_FALSE(is_plumbing(in("/opt/libcart.so", "")));
}

TEST(SiteTitle, NeedsNoNames) {
  StackFrame frame = in("/opt/shop/bin/shop", "");
  frame.offset = 0x1234;
  frame.build_id = "\xb0\x1d\xfa\xce\x99";
  EXPECT_EQ(frame_text(frame), "shop+0x1234 [b01dface]");
  frame.module.clear();
  EXPECT_EQ(frame_text(frame), "0x1234");
  frame = in("/bin/shop", "checkout");
  frame.file = "/src/cart.cpp";
  frame.line = 88;
  EXPECT_EQ(frame_text(frame), "checkout (cart.cpp:88)");
  EXPECT_EQ(site_title({}), "unknown stack");
  // All plumbing: that is what there is.
  const std::vector<StackFrame> only = {in("/lib/libc.so.6", "malloc"),
                                        in("/lib/libc.so.6", "fopen")};
  EXPECT_EQ(site_title(only), "malloc (libc.so.6)");
}

}  // namespace
}  // namespace tidemark
