// Plans to begin with, one for each load generator people know.
#pragma once

#include <span>
#include <string_view>

namespace tidemark {

struct PlanTemplate {
  std::string_view name;
  std::string_view text;
};

// nullptr: none is called so.
const PlanTemplate* find_plan_template(std::string_view name);
std::span<const std::string_view> plan_template_names();

}  // namespace tidemark
