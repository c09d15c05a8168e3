// Every process in full height.
#include "tui/process_list.h"
#include "tui/view.h"

namespace tidemark {
namespace {

class ProcessesView final : public View {
 public:
  void draw(const Pane& pane, const ViewModel& model) override {
    list_.draw(pane, model);
  }
  std::optional<ViewRequest> act(Action action,
                                 const ViewModel& model) override {
    return list_.act(action, model);
  }
  std::optional<ViewRequest> pick(size_t row, bool open,
                                  const ViewModel& model) override {
    return list_.pick(row, open, model);
  }

 private:
  ProcessList list_;
};

}  // namespace

std::unique_ptr<View> make_processes_view() {
  return std::make_unique<ProcessesView>();
}

}  // namespace tidemark
