#!/usr/bin/env python3
"""The training step of a decoder recipe in PyTorch, timed: what `tritwise bench --train` is compared with.

Reads the same recipe as the trainer (network, context, batch, AdamW's constants) and takes steps on random
tokens. Prints one JSON object a mode: tokens/s of whole steps (forward, backward, clipping, AdamW; median)
and the process's peak memory. Each mode runs in a process of its own, so that peaks do not mix.
Needs Debian's python3-torch with an optimised BLAS (libopenblas0-openmp). Not part of the tests.

  pytorch_trainer.py RECIPE [--threads N] [--steps N] [--mode bf16|bf16-ternary|f32|f32-ternary]
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
import tomllib

MODES = ["f32", "f32-ternary", "bf16", "bf16-ternary"]


def run(recipe, mode, threads, steps):
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    network, train = recipe["network"], recipe["train"]
    width, heads = network["width"], network["heads"]
    forward = network["feed_forward"]
    vocabulary, context = recipe["data"]["vocabulary"], recipe["data"]["context"]
    ternary = mode.endswith("ternary")

    class Ternary(nn.Linear):
        """y = Q(LN(x)) . Q(W)^T with straight-through gradients (arXiv 2502.11895, absmean)."""

        def forward(self, x):
            x = F.layer_norm(x, x.shape[-1:])
            step = 128.0 / x.abs().amax(dim=-1, keepdim=True).clamp(min=1e-5)
            scale = 1.0 / self.weight.abs().mean().clamp(min=1e-5)
            x = x + ((x * step).round().clamp(-128, 127) / step - x).detach()
            w = self.weight + ((self.weight * scale).round().clamp(-1, 1) / scale - self.weight).detach()
            return F.linear(x, w)

    def linear(inputs, outputs):
        return (Ternary if ternary else nn.Linear)(inputs, outputs, bias=False)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = linear(width, 3 * width)
            self.out = linear(width, width)
            self.gate_up = linear(width, 2 * forward)
            self.down = linear(forward, width)

        def forward(self, x, cos, sin, mask):
            b, t, _ = x.shape
            q, k, v = (
                self.qkv(F.layer_norm(x, (width,))).view(b, t, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            )
            q, k = rotate(q, cos, sin), rotate(k, cos, sin)
            p = (q @ k.transpose(-1, -2)) * (width // heads) ** -0.5
            p = (p + mask).softmax(dim=-1).to(v.dtype)
            x = x + self.out((p @ v).transpose(1, 2).reshape(b, t, width))
            gate, up = self.gate_up(F.layer_norm(x, (width,))).chunk(2, dim=-1)
            return x + self.down(F.silu(gate) * up)

    def rotate(x, cos, sin):
        a, b = x.chunk(2, dim=-1)
        return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, width)
            nn.init.normal_(self.embedding.weight, std=0.02)
            self.blocks = nn.ModuleList(Block() for _ in range(network["layers"]))
            angle = torch.outer(
                torch.arange(context), 10000.0 ** (-torch.arange(0, width // heads, 2) / (width // heads))
            )
            self.cos, self.sin = angle.cos(), angle.sin()
            self.mask = torch.full((context, context), float("-inf")).triu(1)

        def forward(self, tokens):
            x = self.embedding(tokens)
            for block in self.blocks:
                x = block(x, self.cos, self.sin, self.mask)
            return F.linear(F.layer_norm(x, (width,)), self.embedding.weight)

    model = Decoder()
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=train.get("weight_decay", 0.1)
    )
    batch = train["batch"]
    seconds = []
    for _ in range(steps + 2):
        tokens = torch.randint(vocabulary, (batch, context + 1))
        begin = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mode.startswith("bf16")):
            logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.float().view(-1, vocabulary), tokens[:, 1:].reshape(-1))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        loss.item()
        seconds.append(time.perf_counter() - begin)
    seconds = seconds[2:]
    rows = batch * context
    return {
        "trainer": f"PyTorch {torch.__version__}",
        "mode": mode,
        "threads": threads,
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens_per_s": rows / statistics.median(seconds),
        "fastest": rows / min(seconds),
        "slowest": rows / max(seconds),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--mode", choices=MODES)
    args = parser.parse_args()
    if args.mode is None:
        for mode in MODES:
            own = [sys.executable, __file__, args.recipe, "--mode", mode]
            subprocess.run(own + ["--threads", str(args.threads), "--steps", str(args.steps)], check=True)
        return
    with open(args.recipe, "rb") as file:
        recipe = tomllib.load(file)
    print(json.dumps(run(recipe, args.mode, args.threads, args.steps)), flush=True)


if __name__ == "__main__":
    main()
