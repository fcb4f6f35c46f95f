#include "trainer/huggingface/config.h"

#include <charconv>

#include "trainer/data/read_file.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr float kOlmoEps = 1e-5f;  // not in its config.json

struct ActivationName {
  const char* name;
  ActivationKind kind;
};
constexpr ActivationName kActivations[] = {
    {"silu", ActivationKind::kSilu}, {"relu", ActivationKind::kRelu}, {"relu2", ActivationKind::kReluSquared}};

class Parser {
 public:
  Parser(const nlohmann::json& json, const std::string& where) : json_(json), where_(where) {}

  HuggingFaceConfig Parse() {
    const std::string type = Text("model_type", "");
    if (type != "llama" && type != "olmo") {
      Fail("model_type is \"" + type + "\"; only \"llama\" and \"olmo\" networks can be read");
    }
    // What would make another network; absent, null, false or as given here is fine.
    for (const char* key : {"attention_bias", "mlp_bias", "clip_qkv", "quantization_config"}) Need(key, nullptr);
    Need("partial_rotary_factor", 1.0);
    HuggingFaceConfig config;
    DecoderConfig& c = config.network;
    c.width = Integer("hidden_size", 0);
    c.layers = Integer("num_hidden_layers", 0);
    c.heads = Integer("num_attention_heads", 0);
    c.kv_heads = Integer("num_key_value_heads", c.heads);
    c.head_size = Integer("head_dim", c.heads == 0 ? 0 : c.width / c.heads);
    if (type == "olmo" && c.head_size * c.heads != c.width) Fail("num_attention_heads must divide hidden_size");
    c.feed_forward = Integer("intermediate_size", 0);
    c.rotary_base = RotaryBase();
    c.norm = type == "llama" ? NormKind::kRms : NormKind::kLayer;
    c.norm_gain = type == "llama";
    c.norm_eps = type == "llama" ? static_cast<float>(Number(json_, "rms_norm_eps", 1e-6)) : kOlmoEps;
    c.activation = Activation();
    c.tied_head = json_.contains("tie_word_embeddings") && Get("tie_word_embeddings") == true;
    config.vocabulary = Integer("vocab_size", 0);
    config.context = Integer("max_position_embeddings", 2048);
    config.begin_id = Id("bos_token_id", config.vocabulary);
    config.end_id = Id("eos_token_id", config.vocabulary);
    return config;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const { throw Error(where_ + ": " + what); }

  const nlohmann::json& Get(const char* key) const {
    static const nlohmann::json kNull;
    const auto found = json_.find(key);
    return found == json_.end() ? kNull : *found;
  }

  void Need(const char* key, const nlohmann::json& wanted) const {
    const nlohmann::json& value = Get(key);
    if (value.is_null() || value == wanted || value == false) return;
    Fail(std::string(key) + " is " + value.dump().substr(0, 100) + ", which our networks do not have");
  }

  std::string Text(const char* key, const char* otherwise) const {
    const nlohmann::json& value = Get(key);
    if (value.is_null()) return otherwise;
    if (!value.is_string()) Fail(std::string(key) + " must be a text");
    return value.get<std::string>();
  }
  int64_t Integer(const char* key, int64_t otherwise) const {
    const nlohmann::json& value = Get(key);
    if (value.is_null() && otherwise != 0) return otherwise;
    if (!value.is_number_integer() || value.get<int64_t>() < 1 || value.get<int64_t>() > (int64_t{1} << 31)) {
      Fail(std::string(key) + " must be a positive integer");
    }
    return value.get<int64_t>();
  }
  double Number(const nlohmann::json& object, const char* key, double otherwise) const {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return otherwise;
    if (!found->is_number() || !(found->get<double>() > 0.0)) Fail(std::string(key) + " must be a positive number");
    return found->get<double>();
  }

  // `rope_theta`, or in newer files within `rope_parameters`. Scaled frequencies are another network.
  double RotaryBase() const {
    double base = Number(json_, "rope_theta", 10000.0);
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
      const nlohmann::json& rope = Get(key);
      if (rope.is_null()) continue;
      const auto type = !rope.is_object()            ? rope.end()
                        : rope.contains("rope_type") ? rope.find("rope_type")
                                                     : rope.find("type");
      if (!rope.is_object() || (type != rope.end() && *type != "default")) {
        Fail(std::string(key) + " is " + rope.dump().substr(0, 100) + "; only unscaled rotary positions can be read");
      }
      base = Number(rope, "rope_theta", base);
    }
    return base;
  }

  ActivationKind Activation() const {
    const std::string name = Text("hidden_act", "silu");
    for (const ActivationName& known : kActivations) {
      if (name == known.name) return known.kind;
    }
    Fail("hidden_act is \"" + name + "\"; it can be silu, relu or relu2");
  }

  // The first of several.
  int32_t Id(const char* key, int64_t vocabulary) const {
    const nlohmann::json& value = Get(key).is_array() && !Get(key).empty() ? Get(key)[0] : Get(key);
    if (!value.is_number_integer()) return -1;
    const auto id = value.get<int64_t>();
    return id >= 0 && id < vocabulary ? static_cast<int32_t>(id) : -1;
  }

  const nlohmann::json& json_;
  const std::string& where_;
};

// The shortest decimal that is this float: 1e-05, not the double next to it.
double Shortest(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  double wide = 0.0;
  std::from_chars(text, end, wide);
  return wide;
}

}  // namespace

HuggingFaceConfig ParseHuggingFaceConfig(const nlohmann::json& json, const std::string& where) {
  if (!json.is_object()) throw Error(where + ": not a config.json");
  return Parser(json, where).Parse();
}

nlohmann::json WriteHuggingFaceConfig(const HuggingFaceConfig& config, const std::string& where) {
  const DecoderConfig& c = config.network;
  const int64_t head_size = c.head_size != 0 ? c.head_size : c.width / c.heads;
  const bool llama = c.norm == NormKind::kRms && c.norm_gain;
  const bool olmo = c.norm == NormKind::kLayer && !c.norm_gain && c.norm_eps == kOlmoEps;
  if (!llama && !olmo) {
    throw Error(where +
                ": neither a Llama network (network.norm = rms with gain) nor an OLMo network (layer without "
                "gain, norm_eps 1e-5), so Hugging Face has no name for it");
  }
  if (olmo && head_size * c.heads != c.width) {
    throw Error(where + ": an OLMo network's heads fill its width (network.head_size * heads = width)");
  }
  nlohmann::json json = {{"architectures", {llama ? "LlamaForCausalLM" : "OlmoForCausalLM"}},
                         {"model_type", llama ? "llama" : "olmo"},
                         {"hidden_size", c.width},
                         {"num_hidden_layers", c.layers},
                         {"num_attention_heads", c.heads},
                         {"num_key_value_heads", c.kv_heads != 0 ? c.kv_heads : c.heads},
                         {"intermediate_size", c.feed_forward},
                         {"rope_theta", c.rotary_base},
                         {"tie_word_embeddings", c.tied_head},
                         {"vocab_size", config.vocabulary},
                         {"max_position_embeddings", config.context},
                         {"attention_bias", false},
                         {"bos_token_id", nullptr},
                         {"eos_token_id", nullptr}};
  for (const ActivationName& known : kActivations) {
    if (known.kind == c.activation) json["hidden_act"] = known.name;
  }
  if (llama) {
    json["head_dim"] = head_size;
    json["rms_norm_eps"] = Shortest(c.norm_eps);
    json["mlp_bias"] = false;
  } else {
    json["clip_qkv"] = nullptr;
  }
  if (config.begin_id >= 0) json["bos_token_id"] = config.begin_id;
  if (config.end_id >= 0) json["eos_token_id"] = config.end_id;
  return json;
}

nlohmann::json ReadJsonFile(const std::filesystem::path& path) {
  nlohmann::json json = nlohmann::json::parse(ReadFile(path), nullptr, false);
  if (json.is_discarded()) throw Error(path.string() + ": not JSON, or damaged");
  return json;
}

}  // namespace tritwise
