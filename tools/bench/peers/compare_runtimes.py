#!/usr/bin/env python3
"""Tritwise and llama.cpp on the same network, prompt, threads and lengths, side by side in one run.

Our model is converted (tritwise export --gguf) in each type, both sides run in turns, so that a busy neighbour meets
both, and medians over the rounds go into one table with file sizes and the process's peak memory. Greedy texts are
compared, and with --score the loss on a text. llama.cpp is its llama-bench on the PATH (build_llama_tools.sh builds
one), or the npm package node-llama-cpp (install_node_llama.sh); without either our side runs alone. Needs no other package.

SOURCE is one or more .trit files of one network (t2, t5), of which the first is converted, or the folder of a run: that
gives t2, t5 and, as a network of its own, the 16-bit one.

  compare_runtimes.py SOURCE... [--types tq2_0,tq1_0,q4_0,q8_0,f16] [--threads 1,2] [-p 512] [-n 128] [--rounds 5]
                      [--text "In the beginning"] [--greedy 64] [--score TEXT] [--json FILE] [--keep FOLDER]
                      [--peer auto|tools|node|none] [--node-package FOLDER] [--tritwise PATH]
"""

import argparse
import dataclasses
import json
import pathlib
import shutil
import statistics
import sys
import tempfile

from llama_peers import fail, find_peer, run

OURS = "tritwise"
DEPTH = 128  # positions in the cache before what is decoded, where the context has room


@dataclasses.dataclass
class Subject:
    """One file under one runtime."""

    network: str
    runtime: str
    weights: str
    path: str
    rounds: dict = dataclasses.field(default_factory=dict)  # threads -> [(prefill, decode, peak KiB)]
    text: str | None = None  # greedy, of ours
    agreement: dict | None = None  # of the peer's text with ours
    loss: float | None = None


def inspect(args, path):
    return json.loads(run([args.tritwise, "inspect", path, "--json"]))


def our_speed(args, path, threads):
    """By the minimal command where it was built: the full one measures the machine's limits beside it, and takes long."""
    minimal = pathlib.Path(args.tritwise).with_name("tritwise_minimal")
    command = [str(minimal), "bench", path] if minimal.is_file() else [args.tritwise, "bench", path, "--only", "model"]
    if not minimal.is_file():
        command += ["--batch", "1", "--context", str(args.depth)]
    command += ["--json", "--threads", str(threads), "--prompt", str(args.prompt), "--tokens", str(args.generate)]
    result = json.loads(run(command))
    for what, wanted in (("prefill", args.prompt), ("decode", args.generate)):
        if result[what]["tokens"] != wanted:
            fail(f"{path}: its context has room for {result[what]['tokens']:.0f} tokens only, not {wanted}")
    peak = result["memory"]["peak_rss_bytes"] // 1024
    return result["prefill"]["tokens_per_s"], result["decode"]["tokens_per_s"], peak


def export(args, *words):
    return run([args.tritwise, "export", *map(str, words)])


def our_subjects(args, folder):
    """Our files, and of each network the one that is converted."""
    if not pathlib.Path(args.source[0]).is_dir():
        storages = [ternary_storage(args, path) for path in args.source]
        return [Subject("ternary", OURS, storage, path) for storage, path in zip(storages, args.source)]
    subjects = []
    for layout in ("t2", "t5", "f16"):
        path = str(folder / f"{layout}.trit")
        export(args, args.source[0], "-o", path, "--layout", layout)
        subjects.append(Subject("16-bit" if layout == "f16" else "ternary", OURS, layout, path))
    return subjects


def ternary_storage(args, path):
    """How the ternary matrices are stored, or f16 where there are none."""
    tensors = inspect(args, path)["tensors"]
    return next((t["storage"] for t in tensors if t["storage"] in ("t2", "t5", "lut")), "f16")


def is_newer(path, source):
    path = pathlib.Path(path)
    return path.is_file() and path.stat().st_mtime > pathlib.Path(source).stat().st_mtime


def peer_subjects(args, peer, ours, folder):
    subjects = []
    for network in dict.fromkeys(subject.network for subject in ours):
        source = next(subject for subject in ours if subject.network == network)
        for kind in args.types if source.weights != "f16" else ["f16"]:
            path = str(folder / f"{network}-{kind}.gguf")
            if not is_newer(path, source.path):
                export(args, source.path, "--gguf", path, "--gguf-type", kind)
            subjects.append(Subject(network, peer.name, kind, path))
    return subjects


def compare_texts(args, peer, subjects):
    """The peer's greedy text with that of our first file of the same network."""
    for mine in subjects:
        if mine.runtime != OURS:
            continue
        command = [args.tritwise, "run", mine.path, "-p", args.text, "-n", str(args.greedy), "--temperature", "0", "--json"]
        mine.text = json.loads(run(command))["text"]
    for theirs in subjects:
        if theirs.runtime == OURS:
            continue
        mine = next(s for s in subjects if s.runtime == OURS and s.network == theirs.network)
        texts = peer.texts(theirs.path, args.text, args.greedy)
        if texts is None:
            continue
        same = [mine.text.startswith(text) for text in texts]
        agreed = same.index(False) if False in same else len(same)
        theirs.agreement = {"agreed": agreed, "of": len(texts), "unit": peer.unit}
        whole = texts[-1] if texts else ""
        if whole != mine.text:  # at the latest where one of them ends
            begin = len(texts[agreed - 1]) if agreed > 0 else 0
            theirs.agreement |= {"theirs": whole[begin : begin + 40], "ours": mine.text[begin : begin + 40]}


def compare_losses(args, peer, subjects, folder):
    """Of as much of the text as one context holds."""
    text = pathlib.Path(args.score).read_text(encoding="utf-8", errors="strict")
    gguf = next(s.path for s in subjects if s.runtime != OURS)
    context = inspect(args, subjects[0].path)["context"]
    text = text[: 8 * context]
    ids = peer.ids(gguf, [text])[0]
    while len(ids) > context:
        text = text[: int(len(text) * 0.95 * context / len(ids))]
        ids = peer.ids(gguf, [text])[0]
    piece = folder / "score.txt"
    piece.write_text(text, encoding="utf-8")
    for subject in subjects:
        if subject.runtime == OURS:
            result = json.loads(run([args.tritwise, "eval", subject.path, "--perplexity", str(piece), "--json"]))
            if result["tokens"] != len(ids) - 1:
                fail(f"{args.score} is {result['tokens'] + 1} tokens here and {len(ids)} in {peer.name}")
            subject.loss = result["loss"]
        else:
            subject.loss = peer.loss(subject.path, ids)


def measure(args, peer, subjects):
    for threads in args.threads:
        for _ in range(args.rounds):
            for subject in subjects:
                if subject.runtime == OURS:
                    speed = our_speed(args, subject.path, threads)
                else:
                    speed = peer.speed(subject.path, threads, args.prompt, args.generate, args.depth)
                subject.rounds.setdefault(threads, []).append(speed)


def median(subject, threads, index):
    return statistics.median(measured[index] for measured in subject.rounds[threads])


def spread(subject, threads, index):
    values = [measured[index] for measured in subject.rounds[threads]]
    return f"{statistics.median(values):,.1f} ({min(values):,.1f} to {max(values):,.1f})"


def print_table(args, subjects):
    print(f"{args.rounds} rounds, in turns; tokens/s, medians (slowest to fastest); decoding behind {args.depth} positions\n")
    print(f"| network | runtime | weights | file, bytes | threads | prefill {args.prompt} | decode {args.generate} | peak, MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for subject in subjects:
        size = pathlib.Path(subject.path).stat().st_size
        for threads in args.threads:
            print(
                f"| {subject.network} | {subject.runtime} | {subject.weights} | {size:,} | {threads} "
                f"| {spread(subject, threads, 0)} | {spread(subject, threads, 1)} | {median(subject, threads, 2) / 1024:,.0f} |"
            )


def print_ratios(args, subjects):
    """Our fastest file against the peer's fastest of the same network."""
    for network in dict.fromkeys(subject.network for subject in subjects):
        for threads in args.threads:
            for index, what in enumerate(("prefill", "decode")):
                fastest = [
                    max(
                        (s for s in subjects if s.network == network and (s.runtime == OURS) == is_ours),
                        key=lambda s: median(s, threads, index),
                    )
                    for is_ours in (True, False)
                ]
                ratio = median(fastest[0], threads, index) / median(fastest[1], threads, index)
                print(
                    f"{network}, {what}, threads {threads}: {OURS}'s {fastest[0].weights} is {ratio:.2f} times as fast as "
                    f"llama.cpp's {fastest[1].weights}"
                )


def print_agreement(subjects):
    for s in subjects:
        if s.agreement is not None:
            a = s.agreement
            line = f"{s.network}, {s.weights}: {a['agreed']} of {a['of']} {a['unit']} of the greedy text agree"
            if "theirs" in a:
                line += f", then {a['theirs']!r} instead of {a['ours']!r}"
            print(line)
    for s in subjects:
        if s.loss is not None:
            print(f"{s.network}, {s.runtime}, {s.weights}: loss {s.loss:.4f}")


def as_json(args, subjects):
    rows = []
    for s in subjects:
        for threads in args.threads:
            prefill, decode, peak = (median(s, threads, index) for index in range(3))
            row = {"network": s.network, "runtime": s.runtime, "weights": s.weights, "threads": threads}
            row |= {"file_bytes": pathlib.Path(s.path).stat().st_size, "prefill_tokens_per_s": prefill}
            row |= {"decode_tokens_per_s": decode, "peak_kib": peak, "agreement": s.agreement, "loss": s.loss}
            rows.append(row)
    return {"prompt": args.prompt, "generate": args.generate, "depth": args.depth, "rounds": args.rounds, "rows": rows}


def comma_list(text):
    return [part for part in text.split(",") if part]


def thread_list(text):
    counts = [int(part) for part in text.split(",")]
    if min(counts) < 1:
        raise argparse.ArgumentTypeError("must be numbers of threads, as 1,2")
    return counts


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="+", help=".trit files of one network, or the folder of a run")
    parser.add_argument("--types", type=comma_list, default=["tq2_0", "tq1_0", "q4_0", "q8_0", "f16"])
    parser.add_argument("--peer", choices=["auto", "tools", "node", "none"], default="auto")
    parser.add_argument("--node-package", default="build/node-llama-cpp", help="where node_modules is")
    parser.add_argument("--tritwise", default="build/release/bin/tritwise")
    parser.add_argument("--threads", type=thread_list, default=[1, 2])
    parser.add_argument("-p", "--prompt", type=int, default=512)
    parser.add_argument("-n", "--generate", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--text", default="In the beginning", help="the prompt of the greedy texts")
    parser.add_argument("--greedy", type=int, default=64, help="tokens of the greedy texts")
    parser.add_argument("--score", help="a text: its loss under both (node-llama-cpp alone)")
    parser.add_argument("--json", help="a file to write the table to")
    parser.add_argument("--keep", help="a folder for the converted files: kept, and used again")
    args = parser.parse_args()
    found = shutil.which(args.tritwise)
    if found is None:
        fail(f"{args.tritwise} is not there: build it (make build), or give --tritwise")
    args.tritwise = found
    for path in args.source + ([args.score] if args.score else []):
        if not pathlib.Path(path).exists():
            fail(f"{path}: there is no such file")
    return args


def main():
    args = parse()
    peer, why = (None, None) if args.peer == "none" else find_peer(args.peer, args.node_package)
    if why is not None:
        print(f"compare_runtimes: {why}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(args.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        subjects = our_subjects(args, folder)
        facts = inspect(args, subjects[0].path)
        args.depth = max(0, min(DEPTH, facts["context"] - args.generate))
        if peer is not None:
            subjects += peer_subjects(args, peer, subjects, folder)
            if facts["vocabulary"] != 0:
                compare_texts(args, peer, subjects)
                if args.score and hasattr(peer, "loss"):
                    compare_losses(args, peer, subjects, folder)
                elif args.score:
                    print(f"compare_runtimes: {peer.name} tells no losses: --score is passed over", file=sys.stderr)
        measure(args, peer, subjects)
        print_table(args, subjects)
        print()
        if peer is not None:
            print_ratios(args, subjects)
            print_agreement(subjects)
        if args.json:
            pathlib.Path(args.json).write_text(json.dumps(as_json(args, subjects), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
