// Writes on from a text (consumer MODEL.trit TEXT TOKENS) or scores rows of features from standard input (consumer
// MODEL.trit), through the C++ API, with every public header and nothing but those.
#include <tritwise/generate.h>
#include <tritwise/memory.h>
#include <tritwise/model.h>
#include <tritwise/plan.h>
#include <tritwise/plan_options.h>
#include <tritwise/sampler.h>
#include <tritwise/session.h>
#include <tritwise/status.h>
#include <tritwise/tritwise.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace {

template <class T>
T Must(tritwise::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "consumer: %s\n", result.status().message());
    std::exit(1);
  }
  return std::move(result).value();
}

void Write(tritwise::Plan& plan, const char* prompt, int tokens) {
  const tritwise::Tokenizer& tokenizer = *plan.model()->tokenizer();
  const auto session = Must(tritwise::Session::Make(plan, {}));
  std::vector<int32_t> ids = tokenizer.Encode(prompt);
  if (tokenizer.vocabulary().begin_id >= 0) ids.insert(ids.begin(), tokenizer.vocabulary().begin_id);
  tritwise::StreamDecoder decoder(tokenizer);
  const tritwise::OutputRows output = Must(plan.Prefill(*session, ids));
  Must(tritwise::Generate(plan, *session, output, {tokens, tokenizer.vocabulary().end_id}, [&](int32_t id) {
    std::cout << decoder.Push(id);
    return true;
  }));
  std::cout << decoder.Finish() << '\n';
}

void Score(tritwise::Plan& plan) {
  std::vector<float> row(static_cast<size_t>(plan.model()->graph().input_width));
  const tritwise::BatchRow batch_row;
  while (std::all_of(row.begin(), row.end(), [](float& value) { return static_cast<bool>(std::cin >> value); })) {
    const auto scores = Must(plan.Forward({{&batch_row, 1}, row})).row(0);
    const auto best = std::max_element(scores.begin(), scores.end());
    std::printf("%d %.9g\n", static_cast<int>(best - scores.begin()), static_cast<double>(*best));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto model = Must(tritwise::Model::Load(argv[1]));
  const auto plan = Must(tritwise::Plan::Make(model, {}));
  if (argc == 4) {
    Write(*plan, argv[2], std::atoi(argv[3]));
  } else {
    Score(*plan);
  }
  return 0;
}
