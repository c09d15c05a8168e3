// Files of gates that documents speak of.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/analysis/gate_file.h"

namespace tidemark {
namespace {

std::vector<Gate> load(const std::string& name) {
  const std::string path =
      std::string(TIDEMARK_SOURCE_DIR) + "/tests/fixtures/gates/" + name;
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto gates = parse_gate_file(text, name, [](const char*) { return nullptr; });
  EXPECT_TRUE(gates) << gates.error().what;
  return gates ? std::move(*gates) : std::vector<Gate>();
}

TEST(GateFixtures, AreSound) {
  const auto database = load("database.toml");
  ASSERT_EQ(database.size(), 3u);
  EXPECT_DOUBLE_EQ(database[0].expr.limit.value, 5);
  EXPECT_DOUBLE_EQ(database[1].expr.limit.value, 10);
  EXPECT_DOUBLE_EQ(database[2].expr.limit.value, 0.01);
  const auto criteria = load("criteria.toml");
  ASSERT_EQ(criteria.size(), 9u);
  EXPECT_TRUE(check_contradictions(criteria));
  double fastest = 1;
  for (const Gate& gate : criteria) {
    if (gate.expr.value.function == GateFunction::quantile) {
      fastest = std::min(fastest, gate.expr.limit.value);
    }
  }
  EXPECT_DOUBLE_EQ(fastest, 0.1);
}

}  // namespace
}  // namespace tidemark
