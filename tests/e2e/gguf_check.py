"""Exports a model as GGUF and asks llama.cpp and our runtime the same: ids of texts, and the loss on one of them.

Usage: gguf_check.py PACKAGE MODEL.trit TYPE TEXT TOLERANCE      (environment: TRITWISE, TRITWISE_LIBRARY)
"""

import math
import os
import pathlib
import subprocess
import sys
import tempfile

import tritwise
from llama_peers import NodeLlama

# Beside the lines of the text: what tokenizers trip over.
ODD = [
    "",
    " ",
    "   leading and trailing   ",
    "two\n\nlines\r\n\ttab",
    "caf\u00e9 na\u00efve \u4f60\u597d \U0001f600 \u05e9\u05dc\u05d5\u05dd",
    "don't WE'LL 1234567 3.14",
    "<|endoftext|> <s> </s> <0x41>",
    "thethe th e",
    "a\u00a0b\u2028c",
]


def our_loss(model, ids):
    session = model.session()
    total = 0.0
    for this, following in zip(ids, ids[1:]):
        logits = session.read([this])
        highest = max(logits)
        total += highest + math.log(sum(math.exp(x - highest) for x in logits)) - logits[following]
    return total / (len(ids) - 1)


def main():
    package, path, kind, text, tolerance = sys.argv[1:6]
    lines = pathlib.Path(text).read_text(encoding="utf-8").splitlines()[:200]
    model = tritwise.Model(path)
    peer = NodeLlama(package)
    with tempfile.TemporaryDirectory() as folder:
        gguf = str(pathlib.Path(folder, "model.gguf"))
        subprocess.run([os.environ["TRITWISE"], "export", path, "--gguf", gguf, "--gguf-type", kind], check=True,
                       stdout=subprocess.DEVNULL)
        texts = ODD + lines + ["\n".join(lines)]
        for text_, theirs in zip(texts, peer.ids(gguf, texts), strict=True):
            ours = model.tokenize(text_)
            if ours != theirs:
                sys.exit(f"{text_!r}: {ours} here, {theirs} in llama.cpp")
        ids = model.tokenize("\n".join(lines))[: min(64, model.context)]
        ours, theirs = our_loss(model, ids), peer.loss(gguf, ids)
        print(f"{path} as {kind}: loss {ours:.5f} here, {theirs:.5f} in llama.cpp")
        if not abs(ours - theirs) <= float(tolerance):
            sys.exit("the losses differ")


if __name__ == "__main__":
    main()
