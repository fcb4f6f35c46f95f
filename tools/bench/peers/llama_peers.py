"""llama.cpp as it can be found on a machine: its own tools, or the npm package that carries a prebuilt one.

Both kinds of peer have a name and speed(gguf, threads, prompt, generate, depth), which gives (prefill, decode, peak): tokens/s
and the most memory of the process in KiB. texts() is what is generated greedily after a prompt, one text a `unit`: each begins
with the one before (None: the tool for it is missing).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys


def fail(text):
    sys.exit(f"compare_runtimes: {text}")


def run(command, text=None):
    """Standard output of the command."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        fail(f"cannot run {command[0]}: {error.strerror}")
    output, errors = process.communicate(text)
    if process.returncode != 0:
        lines = errors.strip().splitlines()
        fail(f"{command[0]} failed: {lines[-1] if lines else f'exit code {process.returncode}'}")
    return output


class LlamaTools:
    """llama-bench, and llama-completion (llama-cli before 2026) for texts."""

    unit = "characters"  # the tools do not tell ids

    def __init__(self, bench):
        self.bench = bench
        self.completion = shutil.which("llama-completion") or shutil.which("llama-cli")
        self.name = "llama.cpp"

    def measure(self, gguf, threads, *words):
        """Tokens/s of the one test that the words ask for, and the memory of its process."""
        command = [self.bench, "-m", gguf, "-t", str(threads), "-r", "1", "-o", "json", *map(str, words)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        output = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            fail(f"{self.bench} failed on {gguf}: exit code {child.returncode}")
        entries = json.loads(output)
        if len(entries) != 1:
            fail(f"llama-bench gave {len(entries)} entries instead of one")
        return entries[0]["avg_ts"], used.ru_maxrss

    def speed(self, gguf, threads, prompt, generate, depth):
        prefill, peak = self.measure(gguf, threads, "-p", prompt, "-n", 0)
        decode, other_peak = self.measure(gguf, threads, "-p", 0, "-n", generate, "-d", depth)
        return prefill, decode, max(peak, other_peak)

    def texts(self, gguf, prompt, generate):
        if self.completion is None:
            return None
        command = [self.completion, "-m", gguf, "-p", prompt, "-n", str(generate), "--temp", "0", "-t", "1", "-no-cnv"]
        text = run([*command, "--no-display-prompt", "--no-warmup"], "").removesuffix("\n\n")  # which it ends with
        return [text[:length] for length in range(1, len(text) + 1)]


class NodeLlama:
    """node-llama-cpp (node_llama.mjs)."""

    unit = "tokens"

    def __init__(self, package):
        self.package = str(package)
        version = json.loads(pathlib.Path(package, "node_modules/node-llama-cpp/package.json").read_text())["version"]
        self.name = f"llama.cpp of node-llama-cpp {version}"

    def ask(self, gguf, **request):
        script = pathlib.Path(__file__).with_name("node_llama.mjs")
        return json.loads(run(["node", str(script)], json.dumps({"package": self.package, "model": str(gguf), **request})))

    def speed(self, gguf, threads, prompt, generate, depth):
        answer = self.ask(gguf, threads=threads, time={"prompt": prompt, "generate": generate, "depth": depth})
        return prompt / answer["prefill_s"], generate / answer["decode_s"], answer["peak_kib"]

    def texts(self, gguf, prompt, generate):
        return self.ask(gguf, text=prompt, generate=generate)["texts"]

    def ids(self, gguf, texts):
        return self.ask(gguf, texts=texts)["ids"]

    def loss(self, gguf, ids):
        """Mean negative log likelihood, in nats a token."""
        scores = self.ask(gguf, score=ids)["scores"]
        return -sum(scores) / len(scores)


def find_peer(kind, package):
    """A peer, or a line that says why there is none."""
    bench = shutil.which("llama-bench")
    if kind in ("auto", "tools") and bench is not None:
        return LlamaTools(bench), None
    installed = pathlib.Path(package, "node_modules/node-llama-cpp/package.json").is_file()
    if kind in ("auto", "node") and installed and shutil.which("node") is not None:
        return NodeLlama(package), None
    return None, (
        f"llama.cpp is not there: no llama-bench on the PATH, no node-llama-cpp in {package} "
        "(tools/bench/peers/build_llama_tools.sh or install_node_llama.sh gets one); our side alone follows"
    )
