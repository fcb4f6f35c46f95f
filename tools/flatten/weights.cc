// The tensors as arrays in the very layout of the file.
#include "tools/flatten/weights.h"

#include "tools/flatten/literals.h"

namespace tritwise {
namespace {

template <class T>
std::string Elements(std::span<const std::byte> bytes) {
  return ArrayLiteral(std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)));
}

struct Element {
  const char* type;
  size_t bytes;
  std::string (*print)(std::span<const std::byte>);
};

Element ElementOf(Storage storage) {
  switch (storage) {
    case Storage::kF32:
      return {"float", sizeof(float), Elements<float>};
    case Storage::kF16:
      return {"uint16_t", sizeof(uint16_t), Elements<uint16_t>};
    case Storage::kI8:
      return {"int8_t", sizeof(int8_t), Elements<int8_t>};
    default:
      return {"uint8_t", sizeof(uint8_t), Elements<uint8_t>};
  }
}

constexpr char kWeightsOpening[] = "// Written by tritwise flatten: weights as the model file holds them.\n";

}  // namespace

WeightSource PrintWeights(const ModelFile& model, const std::string& space) {
  const std::string begin = "namespace tritwise::" + space + " {\n";
  const std::string end = "\n}  // namespace tritwise::" + space + "\n";
  WeightSource source;
  source.header = std::string(kWeightsOpening) + "#pragma once\n\n#include <cstdint>\n\n" + begin + "\n";
  source.code = std::string(kWeightsOpening) + "#include \"weights.h\"\n\n" + begin;
  const auto& tensors = model.graph().tensors;
  const auto add = [&](const char* type, const std::string& name, size_t count, const std::string& values) {
    const std::string declaration = std::string("const ") + type + " " + name + "[" + std::to_string(count) + "]";
    source.header += "extern " + declaration + ";\n";
    source.code += "alignas(" + std::to_string(kSegmentAlignment) + ") [[gnu::section(\".weights\")]] " + declaration +
                   " = " + values + ";\n";
  };
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorSpec& spec = tensors[i];
    const TensorData data = model.tensor(static_cast<int32_t>(i));
    const Element element = ElementOf(spec.storage);
    const std::string comment =
        "\n// " + Printable(spec.name) + ", " + std::to_string(spec.rows) + "x" + std::to_string(spec.cols) + "\n";
    source.header += comment;
    source.code += comment;
    add(element.type, TensorName(static_cast<int32_t>(i)), data.data.size() / element.bytes, element.print(data.data));
    if (!data.scales.empty()) {
      add("float", ScalesName(static_cast<int32_t>(i)), data.scales.size(), ArrayLiteral(data.scales));
    }
  }
  source.header += end;
  source.code += end;
  return source;
}

std::string TensorName(int32_t tensor) { return "kTensor" + std::to_string(tensor); }
std::string ScalesName(int32_t tensor) { return "kScales" + std::to_string(tensor); }

}  // namespace tritwise
