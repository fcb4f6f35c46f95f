#include "tools/random/shape.h"

#include <algorithm>
#include <filesystem>

#include "format/transform.h"
#include "trainer/recipe/section_reader.h"
#include "trainer/recipe/toml.h"

namespace tritwise {
namespace {

struct DataSection {
  int64_t vocabulary = 0;  // ids
  int64_t context = 0;     // positions of a sequence
  int64_t features = 0;    // in place of both, for networks that read rows of features: their width, and
  int64_t classes = 0;     // that of a row of scores

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    field("vocabulary", self.vocabulary);
    field("context", self.context);
    field("features", self.features);
    field("classes", self.classes);
  }
};

struct QuantiseSection {
  ActivationQuantiser& quantiser;

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    int64_t range = self.quantiser.range;
    int64_t lowest = self.quantiser.lowest;
    field("norm", self.quantiser.norm);
    field("norm_eps", self.quantiser.norm_eps);
    field("activation_measure", self.quantiser.measure);
    field("range", range);
    field("lowest", lowest);
    self.quantiser.range = static_cast<int32_t>(range);
    self.quantiser.lowest = static_cast<int32_t>(lowest);
  }
};

// `what` is done with the section's reader, where the section is there.
template <class Read>
void ReadSection(const toml::table& root, const std::string& name, const std::string& where, const Read& read) {
  const toml::node* node = root.get(name);
  if (node == nullptr) return;
  if (!node->is_table()) throw Error(TomlPlace(where, node->source()) + ": " + name + " must be a section");
  SectionReader reader(*node->as_table(), name, where);
  read(reader);
  reader.RefuseOthers();
}

DataShape ToDataShape(const DataSection& d, const std::string& where) {
  constexpr int64_t kMost = int64_t{1} << 24;
  const auto within = [](int64_t value) { return value >= 1 && value <= kMost; };
  if (d.features != 0 || d.classes != 0) {
    if (d.vocabulary != 0 || d.context != 0) {
      throw Error(where + ": data has either vocabulary and context or features and classes");
    }
    if (!within(d.features) || !within(d.classes)) {
      throw Error(where + ": data.features and data.classes must be from 1 to " + std::to_string(kMost));
    }
    return {InputKind::kFeatures, d.features, d.classes, 0};
  }
  if (!within(d.vocabulary) || !within(d.context)) {
    throw Error(where + ": data.vocabulary and data.context must be from 1 to " + std::to_string(kMost));
  }
  return {InputKind::kTokens, d.vocabulary, d.vocabulary, d.context};
}

ModelShape ParseShape(const std::string& name, const std::string& text, const std::string& where) {
  const toml::table root = ParseToml(text, where);
  ModelShape shape;
  shape.name = name;
  shape.where = where;
  DataSection data;
  ReadSection(root, "data", where, [&](SectionReader& reader) { DataSection::Visit(data, reader); });
  ReadSection(root, "network", where, [&](SectionReader& reader) { ReadFamily(reader, shape.network); });
  QuantiseSection quantise{shape.quantiser};
  ReadSection(root, "quantise", where, [&](SectionReader& reader) { QuantiseSection::Visit(quantise, reader); });
  for (const auto& [key, node] : root) {
    if (key.str() == "data" || key.str() == "network" || key.str() == "quantise") continue;
    throw Error(TomlPlace(where, node.source()) + ": unknown key " + std::string(key.str()) +
                " (sections: data, network, quantise)");
  }
  shape.data = ToDataShape(data, where);
  return shape;
}

}  // namespace

std::string ShippedShapeNames() {
  std::string all;
  for (const ShippedShape& shape : ShippedShapes()) {
    if (!all.empty()) all += " | ";
    all += shape.name;
  }
  return all;
}

bool IsShippedShape(std::string_view name) {
  const std::vector<ShippedShape> shapes = ShippedShapes();
  return std::any_of(shapes.begin(), shapes.end(), [&](const ShippedShape& shape) { return shape.name == name; });
}

Graph ShapeGraph(const ModelShape& shape, Storage linears, Storage head) {
  LinearOptions options;
  options.plain = head;
  options.quantiser = shape.quantiser;
  Result<Graph> graph = BuildFamily(shape.network, shape.data, options);
  if (!graph.ok()) throw Error(shape.where + ": " + graph.status().message());
  return WithStorage(std::move(graph).value(), linears, head);
}

ModelDescription DescribeRandom(const ModelShape& shape, Graph graph, uint64_t seed, const std::string& producer) {
  return {
      std::move(graph), {}, producer, {{"weights", "random"}, {"shape", shape.name}, {"seed", std::to_string(seed)}}};
}

ModelShape ReadShape(const std::string& shape) {
  for (const ShippedShape& shipped : ShippedShapes()) {
    if (shipped.name == shape) return ParseShape(shape, std::string(shipped.toml), shape);
  }
  return ParseShape(std::filesystem::path(shape).stem().string(), ReadTomlText(shape, "shape"), shape);
}

}  // namespace tritwise
