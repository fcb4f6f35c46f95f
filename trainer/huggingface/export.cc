#include "trainer/huggingface/export.h"

#include <algorithm>
#include <cmath>

#include "format/atomic_file.h"
#include "format/names.h"
#include "format/ternary_layout.h"
#include "trainer/data/tokenizer_json_writer.h"
#include "trainer/error_status.h"
#include "trainer/export.h"
#include "trainer/huggingface/config.h"
#include "trainer/huggingface/names.h"
#include "trainer/number_formats.h"
#include "trainer/safetensors.h"
#include "trainer/schedule.h"

namespace tritwise {
namespace {

constexpr float kLargestHalf = 65504.0f;

struct Dtype {
  const char* option;
  const char* tensor;  // in safetensors
  const char* torch;   // in config.json
};
constexpr Dtype kDtypes[] = {{"f32", "F32", "float32"}, {"f16", "F16", "float16"}, {"bf16", "BF16", "bfloat16"}};

const Dtype& DtypeNamed(const std::string& name) {
  for (const Dtype& dtype : kDtypes) {
    if (name == dtype.option) return dtype;
  }
  throw Error("dtype " + name + " is not known; it can be f32, f16 or bf16");
}

class Exporter {
 public:
  Exporter(const Checkpoint& checkpoint, const std::filesystem::path& folder, const HuggingFaceOptions& options)
      : checkpoint_(checkpoint), folder_(folder), options_(options), dtype_(DtypeNamed(options.dtype)) {}

  std::vector<std::string> Write() {
    const auto* network = std::get_if<DecoderConfig>(&checkpoint_.recipe.network);
    if (network == nullptr) throw Error("only decoders can be written as Hugging Face folders");
    if (options_.dequantised && !IsFullyTernary(checkpoint_.recipe, checkpoint_.state.step)) {
      throw Error("the network is not fully ternary after " + std::to_string(checkpoint_.state.step) +
                  " steps, so there is nothing to write --dequantised");
    }
    const nlohmann::json config = Config(*network);
    MakeTensors(*network);
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) throw Error(folder_.string() + ": cannot make this folder: " + error.message());
    WriteTensors();
    WriteTokenizer();
    WriteText("config.json", config.dump(2) + "\n");
    return std::move(left_out_);
  }

 private:
  const Graph& graph() const { return checkpoint_.description.graph; }
  bool IsTernaryNow() const {
    return checkpoint_.state.step > 0 && PhaseOf(checkpoint_.recipe, checkpoint_.state.step - 1).ternary;
  }

  void WriteText(const char* name, const std::string& text) const {
    ThrowIfError(WriteFileAtomically((folder_ / name).string(), text));
  }

  nlohmann::json Config(const DecoderConfig& network) const {
    const Vocabulary& vocabulary = checkpoint_.description.vocabulary;
    const HuggingFaceConfig config = {network, graph().input_width, graph().context, vocabulary.begin_id,
                                      vocabulary.end_id};
    nlohmann::json json = WriteHuggingFaceConfig(config, "this run");
    json["torch_dtype"] = dtype_.torch;
    const Recipe::Quantise& q = checkpoint_.recipe.quantise;
    json["tritwise"] = {{"producer", checkpoint_.description.producer},
                        {"step", checkpoint_.state.step},
                        {"ternary", IsTernaryNow()},
                        {"weights", options_.dequantised ? "dequantised" : "master"},
                        {"weight_measure", NameOf(q.measure)},
                        {"activation_norm", NameOf(q.norm)},
                        {"activation_range", q.range},
                        {"activation_lowest", q.lowest}};
    return json;
  }

  // The values that go out for a tensor.
  std::vector<float> Values(const TensorSpec& tensor, std::span<const float> master) const {
    std::vector<float> values(master.begin(), master.end());
    if (options_.dequantised && IsTernaryWeight(tensor)) {
      const float scale = WeightScale(master, checkpoint_.recipe.quantise.measure);
      const std::vector<int8_t> codes = TernaryCodes(master, scale);
      std::transform(codes.begin(), codes.end(), values.begin(),
                     [scale](int8_t code) { return static_cast<float>(code) * scale; });
    }
    const auto fits = [](float value) { return std::abs(value) <= kLargestHalf; };
    if (options_.dtype == "f16" && !std::all_of(values.begin(), values.end(), fits)) {
      throw Error("tensor " + tensor.name + " has values too large for f16; take --dtype bf16 or f32");
    }
    return values;
  }

  void MakeTensors(const DecoderConfig& network) {
    const ParameterLayout layout(graph());
    size_t gains = 0;
    for (size_t t = 0; t < graph().tensors.size(); ++t) {
      const TensorSpec& tensor = graph().tensors[t];
      const std::vector<float> values =
          Values(tensor, layout.Of(std::span(checkpoint_.state.weights), static_cast<int32_t>(t)));
      std::span<const float> rest = values;
      const std::vector<NamedRows> parts = HuggingFaceParts(tensor, network);
      if (parts.empty()) ++gains;
      for (const NamedRows& part : parts) {
        const auto count = static_cast<size_t>(part.rows * tensor.cols);
        const bool vector = tensor.rows == 1 && tensor.name.ends_with(".gain");
        Stored& stored = tensors_[part.name];
        stored.shape = vector ? std::vector<int64_t>{tensor.cols} : std::vector<int64_t>{part.rows, tensor.cols};
        stored.bytes = WriteNumbers(dtype_.tensor, rest.first(count));
        rest = rest.subspan(count);
      }
    }
    if (gains != 0) {
      left_out_.push_back(std::to_string(gains) + " gains within ternary linears are left out: the format has none");
    }
  }

  void WriteTensors() const {
    std::map<std::string, SafetensorsEntry> entries;
    for (const auto& [name, stored] : tensors_) entries[name] = {dtype_.tensor, stored.shape, stored.bytes};
    WriteSafetensors((folder_ / "model.safetensors").string(), {{"format", "pt"}}, entries);
  }

  void WriteTokenizer() {
    const Vocabulary& vocabulary = checkpoint_.description.vocabulary;
    if (vocabulary.kind != VocabularyKind::kByteLevel) {
      left_out_.push_back(
          "the tokenizer is left out: it is of the sentencepiece kind, and only byte-level ones are written");
      return;
    }
    WriteText("tokenizer.json", TokenizerJson(vocabulary));
    nlohmann::json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
    const auto name = [&](const char* key, int32_t id) {
      if (id >= 0) config[key] = vocabulary.pieces[static_cast<size_t>(id)];
    };
    name("bos_token", vocabulary.begin_id);
    name("eos_token", vocabulary.end_id);
    WriteText("tokenizer_config.json", config.dump(2) + "\n");
  }

  struct Stored {
    std::vector<int64_t> shape;
    std::vector<std::byte> bytes;
  };

  const Checkpoint& checkpoint_;
  const std::filesystem::path& folder_;
  const HuggingFaceOptions& options_;
  const Dtype& dtype_;
  std::map<std::string, Stored> tensors_;
  std::vector<std::string> left_out_;
};

}  // namespace

std::vector<std::string> ExportHuggingFace(const Checkpoint& checkpoint, const std::filesystem::path& folder,
                                           const HuggingFaceOptions& options) {
  return Exporter(checkpoint, folder, options).Write();
}

}  // namespace tritwise
