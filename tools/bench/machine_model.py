#!/usr/bin/env python3
"""What one row of activations, or many, with a ternary matrix costs on boards that are not at hand.

For each kernel: instructions a weight and row, counted in each of the board's emulators, and cycles, which LLVM's model
of the CPU gives for the instructions that the first one counted (llvm-mca; no cache misses, loops after many rounds).
The emulator says how often each instruction ran; runs of equally often executed ones are the blocks that the model
times. On RISC-V a block's vectors are as the last vsetvli before it says.

Usage: tools/bench/machine_model.py BOARD [OUTPUTS INPUTS [ROWS]]      after: make test-target BOARD=...
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAST_SHARE = 0.01  # blocks with less of the instructions are not timed, but counted as the others


def setting(board, name):
    text = (ROOT / "targets" / board / "board.cmake").read_text()
    found = re.search(rf'^set\({name} "(.*)"\)', text, re.M)
    return found.group(1) if found else ""


def machine(board):
    """Emulators, LLVM's triple, and the CPU that it has a model of."""
    emulators = [e.split() for e in setting(board, "TRITWISE_BOARD_EMULATORS").split(";") if e]
    if not emulators:
        raise SystemExit(f"machine_model: {board} has no emulator to count in")
    triple = {"arm64": "aarch64", "armhf": "armv7", "riscv64": "riscv64", "amd64": "x86_64"}[
        setting(board, "TRITWISE_BOARD_ARCHITECTURE")]
    return emulators, triple, setting(board, "TRITWISE_BOARD_MACHINE_MODEL")


def executed(emulator, program, arguments):
    """How often the instruction at each address ran."""
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run([*emulator, "-singlestep", "-d", "exec,nochain", "-D", log.name, program, *arguments],
                       check=True, stdout=subprocess.DEVNULL)
        return collections.Counter(re.findall(rb"\[[0-9a-f]+/([0-9a-f]+)/", log.read()))


def disassembly(program):
    """Address -> instruction, in order."""
    text = subprocess.run(["llvm-objdump-19", "-d", "--no-show-raw-insn", program], check=True, capture_output=True,
                          text=True).stdout
    return {int(a, 16): re.sub(r"\s*<.*", "", i).strip() for a, i in re.findall(r"^\s*([0-9a-f]+):\s+(.*)$", text, re.M)}


def blocks(counts, code):
    """(instructions, times) for runs of instructions that follow each other and ran equally often."""
    found = []
    previous = None
    vectors = []
    for address in code:
        times = counts.get(address, 0)
        if times and previous == times:
            found[-1][0].append(code[address])
        elif times:
            found.append((vectors + [code[address]], times))
        previous = times
        setting = re.match(r"vseti?vli\s.*\be(\d+), (mf?\d)", code[address])
        if setting:
            vectors = [f"# LLVM-MCA-RISCV-SEW E{setting.group(1)}", f"# LLVM-MCA-RISCV-LMUL {setting.group(2).upper()}"]
    return found


def length(block):
    return sum(not i.startswith("#") for i in block)


def cycles(triple, cpu, instructions):
    """Of one round, after many."""
    rounds = 200
    near = "0x1000" if triple == "aarch64" else "0x10"  # addresses are too far away to be encoded without a program
    instructions = [re.sub(r"\b0x[0-9a-f]{5,}", near, i) for i in instructions]
    run = subprocess.run(["llvm-mca-19", f"-mtriple={triple}", f"-mcpu={cpu}", f"-iterations={rounds}",
                          "-skip-unsupported-instructions=lack-sched"],
                         input="\n".join(instructions) + "\n", capture_output=True, text=True, check=False)
    total = re.search(r"Total Cycles:\s+(\d+)", run.stdout)
    if not total:
        raise SystemExit(f"machine_model: llvm-mca: {run.stderr.strip().splitlines()[0]}")
    return int(total.group(1)) / rounds


def counted(emulator, program, arguments):
    """How often each address ran, of one round: arguments(times) runs that many."""
    once = executed(emulator, program, arguments(1))
    thrice = executed(emulator, program, arguments(3))
    return {int(a, 16): (n - once[a]) // 2 for a, n in thrice.items() if n > once[a]}


def modelled(counts, code, triple, cpu):
    """Cycles of what ran as often as `counts` says."""
    total = sum(counts.values())
    hot = [b for b in blocks(counts, code) if length(b[0]) * b[1] >= LEAST_SHARE * total]
    timed = sum(length(i) * n for i, n in hot)
    return sum(cycles(triple, cpu, i) * n for i, n in hot) * total / timed


def print_head(what, emulators, cpu):
    print(f"{what}; model: {cpu or 'none'}")
    for column, emulator in enumerate(emulators):
        print(f"  instructions {column + 1}: {' '.join(emulator)}")
    heads = "".join(f"{f'instructions {i + 1}':>16}" for i in range(len(emulators)))
    print(f"{'kernel, for a product':24}{heads}{'cycles':>10}")


def print_cost(name, emulators, counts_of, code, products, triple, cpu):
    """counts_of(emulator): how often each address of `code` ran."""
    print(f"{name:24}", end="")
    took = ""
    for emulator in emulators:
        counts = counts_of(emulator)
        print(f"{sum(counts.values()) / products:16.3f}", end="", flush=True)
        if cpu and not took:
            took = f"{modelled(counts, code, triple, cpu) / products:10.3f}"
    print(took, flush=True)


def main():
    if len(sys.argv) not in (2, 4, 5):
        raise SystemExit(__doc__)
    board = sys.argv[1]
    outputs, inputs = sys.argv[2:4] if len(sys.argv) > 2 else ("64", "2560")
    rows = sys.argv[4] if len(sys.argv) > 4 else "1"
    program = ROOT / "build" / board / "bin" / "tritwise_one_product"
    if not program.exists():
        raise SystemExit(f"machine_model: {program.relative_to(ROOT)} is not there: make test-target BOARD={board}")
    emulators, triple, cpu = machine(board)
    code = disassembly(program)
    products = int(outputs) * int(inputs) * int(rows)
    which = [] if rows == "1" else ["rows"]
    names = subprocess.run([*emulators[0], program, *which], check=True, capture_output=True, text=True).stdout.split()
    print_head(f"{board}: {rows} x {inputs} with {outputs} x {inputs}", emulators, cpu)
    for name in names:
        print_cost(name, emulators,
                   lambda emulator: counted(emulator, program, lambda times: [name, outputs, inputs, str(times), rows]),
                   code, products, triple, cpu)


if __name__ == "__main__":
    main()
