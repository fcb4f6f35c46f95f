// tritwise template: a copy of a model file with another chat template.
#include <cstdio>
#include <filesystem>

#include "format/model_file.h"
#include "tools/chat/template_file.h"
#include "tools/commands.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

struct TemplateFlags {
  std::string path;
  std::string chat;
  std::string output;
};

void Template(const TemplateFlags& flags) {
  const ModelFile model = ValueOrThrow(ModelFile::Read(flags.path));
  ModelDescription description = model.description();
  description.chat.reset();
  if (flags.chat != "none") description.chat = ReadChatTemplate(flags.chat, description.vocabulary);
  ThrowIfError(StreamModel(flags.output, description, [&](size_t i, TensorSink& sink) {
    const TensorData tensor = model.tensor(static_cast<int32_t>(i));
    TRITWISE_RETURN_IF_ERROR(sink.Data(tensor.data));
    return sink.Scales(tensor.scales);
  }));
  std::printf("%s: %ju bytes\n", flags.output.c_str(),
              static_cast<uintmax_t>(std::filesystem::file_size(flags.output)));
}

}  // namespace

void AddTemplate(CLI::App& app) {
  auto flags = std::make_shared<TemplateFlags>();
  CLI::App* command = app.add_subcommand("template", "Gives a model file another chat template");
  command->add_option("MODEL.trit", flags->path, "The model file")->required();
  command
      ->add_option("--chat", flags->chat,
                   "One by name (" + ShippedChatTemplateNames() + "), a TOML file like those, or none")
      ->required();
  command->add_option("-o,--output", flags->output, "The .trit file to write")->required();
  command->footer("Example:\n  tritwise template model.trit --chat chatml -o chat.trit");
  command->callback([flags] { Template(*flags); });
}

}  // namespace tritwise
