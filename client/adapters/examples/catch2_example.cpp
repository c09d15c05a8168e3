// Catch2 under Tidemark: tidemark record -- catch2_example
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#include <string>
#include <tidemark/catch2.hpp>
#include <vector>

TEST_CASE("a basket") {
  std::vector<std::string> items(1000, "apple");
  SECTION("holds its items") { CHECK(items.size() == 1000); }
  SECTION("can be emptied") {
    items.clear();
    CHECK(items.empty());
  }
}
