// A text from `tritwise serve` as it comes; Ctrl-C cancels it there. An example to start from: the whole protocol is
// docs/protocol.md, and tritwise_client.py is a client that also repeats and waits.
// Usage: npm install && node generate.mjs "In the beginning" [tcp://127.0.0.1:5555 [tcp://127.0.0.1:5556]]
import { randomUUID } from "node:crypto";
import { Dealer } from "zeromq";

const [prompt, work = "tcp://127.0.0.1:5555", control = "tcp://127.0.0.1:5556"] = process.argv.slice(2);
if (prompt === undefined) {
  console.error('usage: node generate.mjs "In the beginning" [WORK-ADDRESS [CONTROL-ADDRESS]]');
  process.exit(2);
}

const silenceMs = 10000; // without a reply: no server there
const client = randomUUID(); // the same on both sockets, so that one can cancel what the other asked for
const request = randomUUID();
const message = (body) => ["tritwise/1", JSON.stringify({ id: randomUUID(), client, ...body })];

// Cancelling goes over a socket of its own that never waits behind work.
const workSocket = new Dealer({ linger: 0, receiveTimeout: silenceMs });
const controlSocket = new Dealer({ linger: 1000 });
workSocket.connect(work);
controlSocket.connect(control);

let interrupted = false;
process.on("SIGINT", () => {
  if (interrupted) process.exit(130);
  interrupted = true;
  controlSocket.send(message({ type: "cancel", request })).catch(() => process.exit(130));
});

async function generate() {
  await workSocket.send(message({ id: request, type: "generate", prompt, max_tokens: 200 }));
  for await (const [, body] of workSocket) {
    const reply = JSON.parse(body.toString());
    if (reply.id !== request) continue;
    if (reply.type === "delta") process.stdout.write(reply.text);
    if (reply.type === "error") throw new Error(`${reply.message} (${reply.code})`);
    if (reply.type === "finish") return reply;
  }
}

try {
  const { reason, usage } = await generate();
  const tokensPerSecond = ((1000 * usage.tokens) / usage.decode_ms).toFixed(0);
  console.error(`\n${reason}: ${usage.tokens} tokens, ${tokensPerSecond} a second`);
  process.exitCode = interrupted ? 130 : 0;
} catch (error) {
  console.error(error.code === "EAGAIN" ? `no reply from ${work}` : String(error.message));
  process.exitCode = 1;
} finally {
  workSocket.close();
  controlSocket.close();
}
