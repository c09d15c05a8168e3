// The function that leaks is the first one of the user's code on the stack of
// every call of an allocator, however the program was built.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "probes/symbolizer.h"
#include "probes/unwinder.h"
#include "tests/stacks/traced_program.h"

namespace tidemark::testing_stacks {
namespace {

const std::string kFolder = TIDEMARK_BINARY_DIR "/tests/targets/";

// One frame of source code, with the module it is in.
struct NamedFrame {
  SymbolFrame symbol;
  bool in_program = false;
};

bool is_library_template(const std::string& function) {
  for (const char* part : {"std::", "__gnu_cxx::", "operator new"}) {
    if (function.starts_with(part)) return true;
  }
  // "void std::vector<int>::_M_realloc_insert<...>(...)"
  const size_t space = function.find(' ');
  return space != function.npos &&
         function.substr(space + 1).starts_with("std::");
}

class Blame {
 public:
  explicit Blame(const std::string& program) : program_(program) {}

  std::vector<NamedFrame> frames(const Stop& stop) {
    const UnwoundStack stack = unwinder_.unwind(stop.maps, stop.input);
    quality_ = std::max(quality_, stack.quality);
    std::vector<NamedFrame> named;
    for (const UnwoundFrame& frame : stack.frames) {
      if (frame.object == UnwoundFrame::kNoObject) continue;
      const ProgramObject& object = unwinder_.objects().at(frame.object);
      const bool ours = object.path.ends_with("/" + program_);
      auto symbols = symbolizer_.symbolize(symbol_source(object), frame.offset);
      if (symbols.empty()) symbols.emplace_back();
      for (SymbolFrame& symbol : symbols) {
        named.push_back({std::move(symbol), ours});
      }
    }
    return named;
  }
  // The first one of the program itself that is no template of the library.
  static const NamedFrame* first_of_user(const std::vector<NamedFrame>& all) {
    for (const NamedFrame& each : all) {
      if (each.in_program && !is_library_template(each.symbol.function)) {
        return &each;
      }
    }
    return nullptr;
  }
  StackQuality quality() const { return quality_; }

 private:
  std::string program_;
  Unwinder unwinder_;
  Symbolizer symbolizer_;
  StackQuality quality_ = StackQuality::cfi;
};

struct Case {
  std::string program;
  std::string way;
};
void PrintTo(const Case& each, std::ostream* out) {
  *out << each.program << " " << each.way;
}

class LeakerTest : public testing::TestWithParam<Case> {};

TEST_P(LeakerTest, IsTheFirstUserFrame) {
  const auto& [program, way] = GetParam();
  const std::string leaker = "leaker_" + way + "()";
  Blame blame(program);
  TracedProgram traced({kFolder + program, way});
  int blamed = 0;
  const int code = traced.run([&](const Stop& stop) {
    const auto frames = blame.frames(stop);
    const NamedFrame* first = Blame::first_of_user(frames);
    // The C library allocates for itself before main and behind it.
    if (first == nullptr || first->symbol.function.starts_with("_")) return;
    EXPECT_EQ(first->symbol.function, leaker) << stop.probe.names;
    EXPECT_EQ(first->symbol.inlined, way == "inlined");
    if (program != "leaker_minidebug") {
      EXPECT_TRUE(first->symbol.file.ends_with("leaker.cpp"));
      EXPECT_GT(first->symbol.line, 0u);
    }
    ++blamed;
  });
  EXPECT_EQ(code, 0);
  EXPECT_GE(blamed, 1);
  EXPECT_EQ(blame.quality(), StackQuality::cfi);
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const char* program : {"leaker", "leaker_frames", "leaker_debuglink"}) {
    for (const char* way :
         {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign",
          "strdup", "new", "new_array", "new_nothrow", "new_aligned", "unique",
          "vector", "map", "format", "inlined"}) {
      cases.push_back({program, way});
    }
  }
  for (const char* way : {"malloc", "new", "strdup", "new_aligned"}) {
    cases.push_back({"leaker_minidebug", way});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, LeakerTest, testing::ValuesIn(all_cases()),
                         [](const auto& each) {
                           return each.param.program + "_" + each.param.way;
                         });

TEST(StrippedLeaker, ShowsWhereTheFunctionIsInItsFile) {
  Blame blame("leaker_bare");
  TracedProgram traced({kFolder + "leaker_bare", "new"});
  int unnamed = 0;
  traced.run([&](const Stop& stop) {
    for (const NamedFrame& frame : blame.frames(stop)) {
      if (!frame.in_program) continue;
      EXPECT_EQ(frame.symbol.function, "");
      ++unnamed;
    }
  });
  // leaker_new, main, _start at least.
  EXPECT_GE(unnamed, 3);
  EXPECT_EQ(blame.quality(), StackQuality::cfi);
}

TEST(InlinedLeaker, StandsBeforeTheFunctionAroundIt) {
  Blame blame("leaker");
  TracedProgram traced({kFolder + "leaker", "inlined"});
  bool seen = false;
  traced.run([&](const Stop& stop) {
    const auto frames = blame.frames(stop);
    for (size_t i = 0; i + 1 < frames.size(); ++i) {
      if (frames[i].symbol.function != "leaker_inlined()") continue;
      seen = true;
      EXPECT_TRUE(frames[i].symbol.inlined);
      EXPECT_EQ(frames[i + 1].symbol.function, "around_inlined()");
      EXPECT_FALSE(frames[i + 1].symbol.inlined);
      EXPECT_GT(frames[i + 1].symbol.line, frames[i].symbol.line);
    }
  });
  EXPECT_TRUE(seen);
}

// Its class has no name, and nothing in angle or round brackets may stand where
// the name would, or it is taken for arguments.
TEST(InlinedLambda, IsNamedByTheFunctionThatHoldsIt) {
  Blame blame("leaker");
  TracedProgram traced({kFolder + "leaker", "lambda"});
  bool seen = false;
  traced.run([&](const Stop& stop) {
    const auto frames = blame.frames(stop);
    for (size_t i = 0; i + 1 < frames.size(); ++i) {
      const SymbolFrame& symbol = frames[i].symbol;
      if (frames[i + 1].symbol.function != "around_lambda()") continue;
      seen = true;
      EXPECT_TRUE(symbol.inlined);
      EXPECT_EQ(symbol.function, "around_lambda::{lambda}::operator()");
    }
  });
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace tidemark::testing_stacks
