#!/usr/bin/env python3
"""Tritwise and llama.cpp on the same prompt length and number of generated tokens, side by side.

Alternates between the two for some rounds, so that a busy neighbour meets both, and takes medians over the
rounds. The two files should hold networks of the same shape; neither program looks at what the other has.
llama-bench comes with llama.cpp (github.com/ggml-org/llama.cpp, target llama-bench). Needs no other package.

  compare_runtimes.py model.trit --gguf model.gguf [--llama-bench PATH] [--tritwise PATH] [--threads 1,2]
                      [-p 512] [-n 128] [--rounds 5]
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys


def fail(text):
    sys.exit(f"compare_runtimes: {text}")


def output_of(command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except OSError as error:
        fail(f"cannot run {command[0]}: {error.strerror}")
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        fail(f"{command[0]} failed: {lines[-1] if lines else f'exit code {error.returncode}'}")


def find_program(given, name, advice):
    found = shutil.which(given or name)
    if found is None:
        fail(f"{given or name} is not there: {advice}")
    return found


def ours(args, threads):
    """(prefill, decode) in tokens/s."""
    command = [args.tritwise, "bench", args.model, "--json", "--only", "model", "--threads", str(threads), "--batch", "1"]
    command += ["--prompt", str(args.prompt), "--tokens", str(args.generate), "--context", "0"]
    result = json.loads(output_of(command))
    for what, wanted in (("prefill", args.prompt), ("decode", args.generate)):
        if result[what]["tokens"] != wanted:
            fail(f"{args.model}: its context has room for {result[what]['tokens']:.0f} tokens only, not {wanted}")
    return result["prefill"]["tokens_per_s"], result["decode"]["tokens_per_s"]


def theirs(args, threads):
    """llama-bench gives an entry for the prompt (n_gen 0) and one for generation (n_prompt 0)."""
    command = [args.llama_bench, "-m", args.gguf, "-t", str(threads), "-p", str(args.prompt), "-n", str(args.generate)]
    command += ["-r", "1", "-o", "json"]
    entries = json.loads(output_of(command))
    prefill = [entry["avg_ts"] for entry in entries if entry["n_prompt"] > 0 and entry["n_gen"] == 0]
    decode = [entry["avg_ts"] for entry in entries if entry["n_prompt"] == 0 and entry["n_gen"] > 0]
    if len(prefill) != 1 or len(decode) != 1:
        fail("llama-bench did not give one entry for the prompt and one for generation")
    return prefill[0], decode[0]


def compare(args, threads):
    rounds = {"tritwise": [], "llama.cpp": []}
    for _ in range(args.rounds):
        rounds["tritwise"].append(ours(args, threads))
        rounds["llama.cpp"].append(theirs(args, threads))
    for index, what in enumerate((f"prefill {args.prompt}", f"decode {args.generate}")):
        mine, other = ([measured[index] for measured in rounds[who]] for who in ("tritwise", "llama.cpp"))
        a, b = statistics.median(mine), statistics.median(other)
        print(
            f"| {what} | {threads} | {a:,.2f} ({min(mine):,.2f} to {max(mine):,.2f}) "
            f"| {b:,.2f} ({min(other):,.2f} to {max(other):,.2f}) | {a / b:.2f} |",
            flush=True,
        )


def thread_list(text):
    counts = [int(part) for part in text.split(",")]
    if not counts or min(counts) < 1:
        raise argparse.ArgumentTypeError("must be numbers of threads, as 1,2")
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the .trit file")
    parser.add_argument("--gguf", required=True, help="the same network for llama.cpp")
    parser.add_argument("--llama-bench", help="the program (default: on the PATH)")
    parser.add_argument("--tritwise", default="build/release/bin/tritwise")
    parser.add_argument("--threads", type=thread_list, default=[1, 2])
    parser.add_argument("-p", "--prompt", type=int, default=512)
    parser.add_argument("-n", "--generate", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    advice = "build it from github.com/ggml-org/llama.cpp (cmake --build build --target llama-bench), or give --llama-bench"
    args.llama_bench = find_program(args.llama_bench, "llama-bench", advice)
    args.tritwise = find_program(args.tritwise, args.tritwise, "build it (make build), or give --tritwise")
    for path in (args.model, args.gguf):
        if not pathlib.Path(path).is_file():
            fail(f"{path}: there is no such file")

    print(f"{args.rounds} rounds, in turns; tokens/s, medians (slowest to fastest)\n")
    print("| | threads | tritwise | llama.cpp | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for threads in args.threads:
        compare(args, threads)


if __name__ == "__main__":
    main()
