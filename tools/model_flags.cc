#include "tools/model_flags.h"

#include "format/names.h"
#include "tools/commands.h"
#include "tools/not_negative.h"
#include "trainer/error_status.h"

namespace tritwise {

CLI::Option* ModelFlags::AddPath(CLI::App& command) {
  return command.add_option("MODEL.trit", path, "The model file")->required();
}

void ModelFlags::AddComputing(CLI::App& command) {
  command.add_option("--threads", threads, "Threads that compute (0: all this process may use)")
      ->check(CLI::Range(0, 256));
  AddStorage(command);
}

void ModelFlags::AddStorage(CLI::App& command) {
  command.add_option("--cache", cache, "Number format of keys and values (default: the model's)")
      ->check(CLI::IsMember({"int8", "f16", "f32"}));
  command.add_flag("--no-verify", no_verify, "Do not check the weights' checksums");
}

void ModelFlags::AddMemory(CLI::App& command) {
  command
      .add_option("--context", context, "Most tokens that a text can have, prompt included (0: as many as the model)")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40));
  command
      .add_option(
          "--memory-budget", memory_budget,
          "Most memory that may be resident, as 256M or 1G: planned within, or refused beforehand (0: no limit)")
      ->transform(CLI::AsSizeValue(false))
      ->transform(NotNegative());  // what is added last is asked first
}

void ModelFlags::CheckContext(const Model& model) const {
  const int64_t most = model.graph().context;
  if (most != 0 && context > most) throw UsageError("--context: the model's is " + std::to_string(most));
}

std::shared_ptr<const Model> ModelFlags::Load() const { return ValueOrThrow(Model::Load(path, {!no_verify})); }

PlanOptions ModelFlags::Options() const {
  PlanOptions options;
  options.threads = threads;
  if (!cache.empty()) options.cache = FromName<Storage>(cache).value();
  return options;
}

}  // namespace tritwise
