// What a run begins with instead of random weights: a run of ours, one of its checkpoints, or a Hugging Face
// folder (trainer/huggingface/). Weights and vocabulary only: moments start at zero, the run at step 0.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "format/graph.h"
#include "format/vocabulary.h"
#include "trainer/recipe/recipe.h"

namespace tritwise {

struct Start {
  std::string path;    // for messages
  std::string origin;  // what the new run's files record: kind and name, no folders
  FamilyConfig network;
  int64_t context = 0;        // longest sequence that the network was made for; 0: any
  bool foreign = false;       // not made by us: gains within ternary linears begin at 1
  Vocabulary vocabulary;      // a piece for each id; empty where the input is no text, or there is none to read
  std::string no_vocabulary;  // why there is none where there should be one
  Graph graph;
  std::vector<float> weights;  // ParameterLayout of the graph
};

// Throws Error.
Start ReadStart(const std::filesystem::path& path);

// Gives the recipe the start's network. Throws Error with the first difference where the recipe has a network
// of its own (one with every field at its default counts as none; `cache` is the recipe's in any case), and
// gives the start the recipe's vocabulary where it names one.
void ApplyStart(Start& start, Recipe& recipe);

// Overwrites `weights` of `graph`. Throws Error with the first tensor that differs.
void CopyWeights(const Start& start, const Graph& graph, std::span<float> weights);

// Adds unused pieces until there are `size`. Throws Error, after `where`, where there are more.
void PadVocabulary(Vocabulary& vocabulary, int64_t size, const std::string& where);

}  // namespace tritwise
