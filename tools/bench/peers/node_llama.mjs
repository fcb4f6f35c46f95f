// llama.cpp through the npm package node-llama-cpp, which carries a prebuilt one: what compare_runtimes.py and the
// tests ask of it. One JSON object on standard input, one on standard output.
//
//   {"package": folder that node_modules stands in, "model": path, "threads": n,
//    "texts": [...]                       ids of each text, without begin (-> "ids")
//    "text": "...", "generate": n         the n likeliest ids after the text, one after another (-> "generated"), and
//                                         the text of the first, of the first two, ... (-> "texts")
//    "score": ids                         natural logarithms of each id's probability, from the second on (-> "scores")
//    "time": {"prompt": n, "generate": n, "depth": n}}
//                                         seconds of a prefill, and of so many tokens behind depth others
//                                         (-> "prefill_s", "decode_s")
//
// Every answer has peak_kib, the most memory that this process ever had, node itself included.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const request = JSON.parse(readFileSync(0, "utf8"));
const found = createRequire(join(resolve(request.package), "package.json")).resolve("node-llama-cpp");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(found));

const llama = await getLlama({
  gpu: false,
  build: "never",
  maxThreads: request.threads ?? 1,
  logLevel: LlamaLogLevel.error,
  skipDownload: true,
});
const model = await llama.loadModel({ modelPath: request.model, checkTensors: true });
const answer = {};

const secondsSince = (begin) => Number(process.hrtime.bigint() - begin) / 1e9;

// A sequence of its own, with room for so many tokens.
const withSequence = async (size, work) => {
  const context = await model.createContext({
    contextSize: size,
    batchSize: Math.min(size, 512),
    threads: request.threads ?? 1,
  });
  try {
    return await work(context.getSequence());
  } finally {
    await context.dispose();
  }
};

const take = async (sequence, ids, count) => {
  const generated = [];
  if (count === 0) return generated;
  for await (const id of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
    generated.push(id);
    if (generated.length === count) break;
  }
  return generated;
};

// With what the file says stands before a text.
const idsOf = (text) => [...(model.tokens.shouldPrependBosToken ? [model.tokens.bos] : []), ...model.tokenize(text)];

if (request.texts) answer.ids = request.texts.map((text) => [...model.tokenize(text)]);
if (request.generate) {
  const prompt = idsOf(request.text);
  answer.generated = await withSequence(prompt.length + request.generate + 1, (sequence) =>
    take(sequence, prompt, request.generate),
  );
  // With the prompt in front, so that a space at the beginning stays.
  const before = model.detokenize(prompt).length;
  answer.texts = answer.generated.map((_, i) =>
    model.detokenize([...prompt, ...answer.generated.slice(0, i + 1)]).slice(before),
  );
}
if (request.score) {
  const logProbability = (logits, id) => {
    const highest = logits.values().next().value; // the map is sorted
    let sum = 0;
    for (const logit of logits.values()) sum += Math.exp(logit - highest);
    return logits.get(id) - highest - Math.log(sum);
  };
  answer.scores = await withSequence(request.score.length + 1, async (sequence) => {
    const asked = request.score.slice(0, -1).map((id) => [id, { generateNext: { logits: true } }]);
    const results = await sequence.controlledEvaluate(asked);
    return results.map((result, i) => logProbability(result.next.logits, request.score[i + 1]));
  });
}
if (request.time) {
  const { prompt, generate, depth } = request.time;
  const someIds = (count) => Array.from({ length: count }, (_, i) => (i * 7919 + 13) % 251);
  await withSequence(Math.max(prompt, depth + generate) + 8, async (sequence) => {
    await take(sequence, someIds(4), 2); // the weights are read once before anything is timed
    await sequence.clearHistory();
    let begin = process.hrtime.bigint();
    await take(sequence, someIds(prompt), 1);
    answer.prefill_s = secondsSince(begin);
    await sequence.clearHistory();
    // The first token comes with those before it.
    const before = someIds(Math.max(depth, 1));
    let count = 0;
    for await (const id of sequence.evaluate(before, { temperature: 0, yieldEogToken: true })) {
      if (count === 0) begin = process.hrtime.bigint();
      if (count++ === generate) break;
    }
    answer.decode_s = secondsSince(begin);
  });
}
answer.peak_kib = process.resourceUsage().maxRSS;
await model.dispose();
await llama.dispose();
console.log(JSON.stringify(answer));
