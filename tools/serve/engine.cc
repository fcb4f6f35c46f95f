#include "tools/serve/engine.h"

#include "tools/serve/row_engine.h"
#include "tools/serve/text_engine.h"
#include "trainer/error.h"

namespace tritwise::serve {

std::unique_ptr<Engine> Engine::Make(std::shared_ptr<const Model> model, const EngineOptions& options, EmitFn emit) {
  const bool tokens = model->graph().input == InputKind::kTokens;
  if (tokens) return std::make_unique<TextEngine>(std::move(model), options, std::move(emit));
  return std::make_unique<RowEngine>(std::move(model), options, std::move(emit));
}

}  // namespace tritwise::serve
