// The prologues are those of Debian 12: glibc 2.36, libstdc++ 12 (built for
// CET), jemalloc 5.3.0, tcmalloc (gperftools 2.10), mimalloc 2.0.9.
#include "probes/probe_site.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace tidemark {
namespace {

using Code = std::vector<uint8_t>;

ProbeSite choose(const Code& code, unsigned arguments = 1,
                 bool allow_moved = false) {
  ProbeFunction function;
  function.code = code;
  function.arguments = arguments;
  function.allow_moved_arguments = allow_moved;
  return choose_probe_site(function);
}

void expect_emulated(const ProbeSite& site, uint64_t offset) {
  EXPECT_EQ(site.probe_class, ProbeClass::emulated) << site.reason;
  EXPECT_EQ(site.offset, offset);
  EXPECT_TRUE(site.reason.empty());
}

void expect_slow(const ProbeSite& site) {
  EXPECT_EQ(site.probe_class, ProbeClass::slow);
  EXPECT_EQ(site.offset, 0u);
  EXPECT_FALSE(site.reason.empty());
}

TEST(ProbeSite, TakesTheEntryOfGlibcMallocWhichPushes) {
  // push %r12; push %rbp; push %rbx; mov %rdi,%rbx
  expect_emulated(choose({0x41, 0x54, 0x55, 0x53, 0x48, 0x89, 0xfb}), 0);
}

TEST(ProbeSite, StepsPastTheTestOfGlibcFree) {
  // test %rdi,%rdi; je; push %rbp; lea -0x10(%rdi),%rsi
  expect_emulated(choose({0x48, 0x85, 0xff, 0x0f, 0x84, 0xbf, 0x00, 0x00, 0x00,
                          0x55, 0x48, 0x8d, 0x77, 0xf0, 0x53}),
                  3);
}

TEST(ProbeSite, StepsPastTheCompareOfGlibcMemalign) {
  // cmpb $0,x(%rip); je +7; jmp; xchg %ax,%ax; sub $0x18,%rsp
  const Code code = {0x80, 0x3d, 0x71, 0x0e, 0x14, 0x00, 0x00, 0x74,
                     0x07, 0xe9, 0x32, 0xf6, 0xff, 0xff, 0x66, 0x90,
                     0x48, 0x83, 0xec, 0x18, 0x48, 0x89, 0x74, 0x24};
  expect_emulated(choose(code, 2), 7);
}

TEST(ProbeSite, StepsPastEndbr64OfLibstdcxxNew) {
  // endbr64; test %rdi,%rdi; mov $1,%eax; push %rbx; cmovne %rdi,%rax
  const Code code = {0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x85, 0xff,
                     0xb8, 0x01, 0x00, 0x00, 0x00, 0x53, 0x48,
                     0x0f, 0x45, 0xc7, 0x48, 0x89, 0xc3};
  expect_emulated(choose(code), 12);
}

TEST(ProbeSite, TakesTheTailJumpAfterEndbr64) {
  expect_emulated(
      choose({0xf3, 0x0f, 0x1e, 0xfa, 0xe9, 0xf7, 0x02, 0xff, 0xff}), 4);
}

TEST(ProbeSite, StepsPastTheSizeTestOfJemallocMalloc) {
  // cmp $0x1000,%rdi; ja
  expect_emulated(
      choose({0x48, 0x81, 0xff, 0x00, 0x10, 0x00, 0x00, 0x0f, 0x87, 0x93,
              0x00, 0x00, 0x00, 0x48, 0x8d, 0x15, 0x5c, 0x7f, 0x2c, 0x00}),
      7);
}

// Ten instructions that leave %rdi alone, then jne.
const Code kJemallocFree = {
    0x48, 0x89, 0xf8, 0x48, 0x8b, 0x15, 0x0e, 0x53, 0x0a, 0x00, 0x48, 0x89,
    0xf9, 0x48, 0xc1, 0xe8, 0x1a, 0x48, 0x81, 0xe1, 0x00, 0x00, 0x00, 0xc0,
    0x25, 0xf0, 0x00, 0x00, 0x00, 0x64, 0x48, 0x03, 0x04, 0x25, 0x00, 0x00,
    0x00, 0x00, 0x48, 0x01, 0xd0, 0x48, 0x3b, 0x88, 0xb0, 0x01, 0x00, 0x00,
    0x0f, 0x85, 0x8a, 0x00, 0x00, 0x00, 0x48, 0x89, 0xfe};

TEST(ProbeSite, StepsPastTheLookUpOfJemallocFree) {
  expect_emulated(choose(kJemallocFree), 48);
}

TEST(ProbeSite, StepsPastTheHookTestOfTcmallocMalloc) {
  // mov x(%rip),%rax; test %rax,%rax; jne
  expect_emulated(choose({0x48, 0x8b, 0x05, 0x59, 0xab, 0x00, 0x00, 0x48, 0x85,
                          0xc0, 0x75, 0x75, 0x48, 0x8b, 0x05, 0x05, 0xa1}),
                  10);
}

// mov x(%rip),%rax; mov %rdi,%rsi; mov %fs:(%rax),%rdi; cmp $0x400,%rsi; ja
const Code kMimallocMalloc = {0x48, 0x8b, 0x05, 0x49, 0xb4, 0x00, 0x00,
                              0x48, 0x89, 0xfe, 0x64, 0x48, 0x8b, 0x38,
                              0x48, 0x81, 0xfe, 0x00, 0x04, 0x00, 0x00,
                              0x77, 0x29, 0x48, 0x8d, 0x46, 0x07};

TEST(ProbeSite, DoesNotReadAnArgumentThatIsGone) {
  expect_slow(choose(kMimallocMalloc));
}

TEST(ProbeSite, FollowsAnArgumentThatMovedWhereThatIsAllowed) {
  const ProbeSite site = choose(kMimallocMalloc, 1, true);
  expect_emulated(site, 21);
  EXPECT_EQ(site.argument_registers[0], 4);  // rsi
}

TEST(ProbeSite, KeepsTheOtherArgumentsInPlace) {
  // mov %rdi,%rcx; jmp: rcx is the fourth argument.
  const Code code = {0x48, 0x89, 0xf9, 0xeb, 0x10};
  expect_emulated(choose(code, 3), 3);
  expect_slow(choose(code, 4));
}

TEST(ProbeSite, IsSlowWhereTheStackPointerMovesFirst) {
  // sub $0x18,%rsp; push %rbp
  expect_slow(choose({0x48, 0x83, 0xec, 0x18, 0x55, 0x90, 0x90}));
  // pop %rax; push %rbp: writes rsp without naming it
  expect_slow(choose({0x58, 0x55, 0x90, 0x90}));
}

TEST(ProbeSite, IsSlowWhereTheFunctionLeavesFirst) {
  // glibc munmap: mov $11,%eax; syscall
  expect_slow(choose({0xb8, 0x0b, 0x00, 0x00, 0x00, 0x0f, 0x05, 0x55}));
  // ret
  expect_slow(choose({0xc3, 0x55, 0x55}));
  // jmp *x(%rip): indirect, not emulated
  expect_slow(choose({0xff, 0x25, 0x10, 0x00, 0x00, 0x00, 0x55}));
}

TEST(ProbeSite, IsSlowWhereTheBodyJumpsBackBeforeTheSite) {
  // 0: test %rdi,%rdi; 3: nop; 4: jmp 1
  // The nop is the cheap one, and the jump passes it again.
  expect_slow(choose({0x48, 0x85, 0xff, 0x90, 0xeb, 0xfb}));
  // To the site itself: seen twice by one call.
  expect_slow(choose({0x48, 0x85, 0xff, 0x90, 0xeb, 0xfd}));
  // To the entry: a new call of itself, as a tail call is.
  expect_emulated(choose({0x48, 0x85, 0xff, 0x90, 0xeb, 0xfa}), 3);
}

TEST(ProbeSite, IsSlowWhereOtherCodeJumpsBeforeTheSite) {
  const Code code = {0x48, 0x85, 0xff, 0x0f, 0x84, 0xbf, 0x00, 0x00, 0x00};
  ProbeFunction function;
  function.code = code;
  const uint64_t inside[] = {3};
  const uint64_t outside[] = {0, 4, 100};
  function.jumps_from_elsewhere = inside;
  expect_slow(choose_probe_site(function));
  function.jumps_from_elsewhere = outside;
  expect_emulated(choose_probe_site(function), 3);
}

TEST(ProbeSite, KnowsWhatTheKernelDoesNotEmulate) {
  // rex.W push %rbp, which the kernel emulates with 0x41 alone
  expect_slow(choose({0x48, 0x55, 0xc3}));
  // push $1; push x(%rip)
  expect_slow(choose({0x6a, 0x01, 0xc3}));
  expect_slow(choose({0xff, 0x35, 0, 0, 0, 0, 0xc3}));
  // jrcxz, loop
  expect_slow(choose({0xe3, 0x00, 0xc3}));
  expect_slow(choose({0xe2, 0x00, 0xc3}));
  // A branch with an operand size prefix is refused by the kernel.
  expect_slow(choose({0x66, 0xe9, 0, 0, 0, 0, 0xc3}));
  // A REX prefix that another prefix follows: no instruction to the kernel.
  expect_slow(choose({0x48, 0x2e, 0x0f, 0x84, 0, 0, 0, 0, 0xc3}));
  // An AVX instruction whose number is that of jne.
  expect_slow(choose({0xc5, 0xf8, 0x98, 0xc0, 0xc5, 0xf0, 0x85, 0xff, 0xc3}));
  // bnd jmp, of programs built for MPX.
  expect_emulated(choose({0xf2, 0xe9, 0, 0, 0, 0, 0xc3}), 0);
}

TEST(ProbeSite, PassesLongNops) {
  // nopl 0(%rax,%rax,1), of five bytes; push %rbp. Kernel 6.18 may rewrite the
  // five-byte one into a call, which harms the red zone of a leaf function.
  expect_emulated(choose({0x0f, 0x1f, 0x44, 0x00, 0x00, 0x55, 0xc3}), 5);
}

TEST(ProbeSite, SurvivesCodeThatIsNone) {
  expect_slow(choose({}));
  expect_slow(choose({0x48}));
  expect_slow(choose(Code(64, 0x06)));        // no instruction in 64 bits
  expect_slow(choose(Code(64, 0xf3)));        // prefixes without end
  expect_slow(choose(Code(4096, 0xf8)));      // clc, on and on
  const ProbeSite site = choose({0x55}, 99);  // more arguments than registers
  expect_emulated(site, 0);
}

}  // namespace
}  // namespace tidemark
