// The shape of a network, without weights: a TOML file with some of a recipe's keys.
//
// Sections data (how wide the ends are), network (the family's own keys) and quantise (how a ternary linear
// makes its input integer). Shapes have no field for storage: layout and head are chosen on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format/families/families.h"
#include "format/model_file.h"

namespace tritwise {

struct ModelShape {
  std::string name;
  std::string where;  // for errors: the name, or the file's path
  DataShape data;
  FamilyConfig network = DecoderConfig{};
  ActivationQuantiser quantiser = LinearOptions().quantiser;
};

struct ShippedShape {
  std::string_view name;
  std::string_view toml;
};

// The files of tools/shapes/, by name.
std::vector<ShippedShape> ShippedShapes();
// "125m | 1m | bitnet-2b4t"
std::string ShippedShapeNames();
bool IsShippedShape(std::string_view name);

// Its network with ternary linears as `linears` (f16 and int8: plain ones), embedding and head as `head`. Throws Error.
Graph ShapeGraph(const ModelShape& shape, Storage linears, Storage head);
// All of the file that `tritwise random` writes but its weights. `producer`: program and version.
ModelDescription DescribeRandom(const ModelShape& shape, Graph graph, uint64_t seed, const std::string& producer);

// `shape` is the name of a shipped one, or the path of a TOML file. Throws Error with file, line and key.
ModelShape ReadShape(const std::string& shape);

}  // namespace tritwise
