// GoogleTest under Tidemark: tidemark record -- gtest_example --gtest_repeat=5
#include <gtest/gtest.h>

#include <string>
#include <tidemark/gtest.hpp>
#include <vector>

TEST(Basket, TotalsItsItems) {
  std::vector<std::string> items(1000, "apple");
  EXPECT_EQ(items.size(), 1000u);
}

TEST(Basket, EmptyIsFree) { EXPECT_TRUE(std::string().empty()); }

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  tidemark::watch_gtest("basket tests");
  return RUN_ALL_TESTS();
}
