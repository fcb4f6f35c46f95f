#!/usr/bin/env python3
"""Tritwise and PyTorch on the same training steps, side by side: tokens/s and memory, and their ratios.

Alternates between the two for some rounds, so that a busy neighbour meets both, and takes medians over
the rounds. PyTorch runs in bf16 autocast, its faster mode. Memory is the process's peak.

  compare_trainers.py build/release/bin/tritwise recipes/small.toml recipes/gpt2-small.toml [--rounds N] [--threads N]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

PHASES = {"16-bit": "bf16", "1.58-bit": "bf16-ternary"}


def output_of(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compare(tritwise, recipe, rounds, threads):
    pytorch = pathlib.Path(__file__).with_name("pytorch_trainer.py")
    speed = {(who, phase): [] for who in ("tritwise", "PyTorch") for phase in PHASES}
    memory = dict.fromkeys(speed, 0)
    share = {phase: [] for phase in PHASES}
    for _ in range(rounds):
        ours = json.loads(output_of([tritwise, "bench", "--train", recipe, "--threads", str(threads), "--json"]))
        for measured in ours["phases"]:
            speed["tritwise", measured["phase"]].append(measured["rows_per_s"])
            share[measured["phase"]].append(measured["share_of_peak"])
            memory["tritwise", measured["phase"]] = measured["peak_rss_bytes"]
        for phase, mode in PHASES.items():
            command = [sys.executable, str(pytorch), recipe, "--mode", mode, "--threads", str(threads), "--steps", "6"]
            theirs = json.loads(output_of(command))
            speed["PyTorch", phase].append(theirs["tokens_per_s"])
            memory["PyTorch", phase] = theirs["peak_rss_bytes"]
    print(f"\n{recipe}: {ours['phases'][0]['parameters'] / 1e6:.1f} M weights, {threads} threads, {rounds} rounds\n")
    print("| | tritwise tokens/s | PyTorch tokens/s | ratio | share of peak | memory | PyTorch's | less |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for phase in PHASES:
        mine, other = (statistics.median(speed[who, phase]) for who in ("tritwise", "PyTorch"))
        used, others = memory["tritwise", phase], memory["PyTorch", phase]
        print(
            f"| {phase} | {mine:,.0f} | {other:,.0f} | {mine / other:.2f} | {100 * statistics.median(share[phase]):.0f} %"
            f" | {used / 2**20:,.0f} MiB | {others / 2**20:,.0f} MiB | {100 * (1 - used / others):.0f} % |"
        )
    steps = {phase: 1 / statistics.median(speed["tritwise", phase]) for phase in PHASES}
    print(f"\nA 1.58-bit step costs {100 * (steps['1.58-bit'] / steps['16-bit'] - 1):+.1f} % over a 16-bit one.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tritwise")
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    try:
        output_of([sys.executable, "-c", "import torch"])
    except subprocess.CalledProcessError:
        sys.exit("compare_trainers: PyTorch is not there (Debian: python3-torch libopenblas0-openmp)")
    for recipe in args.recipes:
        compare(args.tritwise, recipe, args.rounds, args.threads)


if __name__ == "__main__":
    main()
