#!/usr/bin/env python3
"""What llama.cpp's kernels for ternary rows cost on a board, counted and timed as tools/bench/machine_model.py does ours.

FOLDER holds llama.cpp's shared libraries for the board, as its releases and the packages of its bindings have them
(libggml-cpu*.so); one of them is chosen by name: armv8.0 has no dot product, armv8.2_1 has.

Usage: tools/bench/peers/count_ggml.py BOARD FOLDER LIBRARY [COLUMNS]
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import machine_model as model  # noqa: E402

KERNELS = ["ggml_vec_dot_tq2_0_q8_K", "ggml_vec_dot_tq1_0_q8_K", "ggml_vec_dot_q8_0_q8_0"]
SYSROOTS = {"aarch64": ("aarch64-linux-gnu-gcc", "/usr/aarch64-linux-gnu"),
            "riscv64": ("riscv64-linux-gnu-gcc", "/usr/riscv64-linux-gnu")}


def main():
    if len(sys.argv) not in (4, 5):
        raise SystemExit(__doc__)
    board, folder, library = sys.argv[1:4]
    columns = sys.argv[4] if len(sys.argv) == 5 else "2560"
    emulators, triple, cpu = model.machine(board)
    if triple not in SYSROOTS:
        raise SystemExit(f"count_ggml: no cross compiler is known for {board}")
    compiler, sysroot = SYSROOTS[triple]
    path = pathlib.Path(folder, library)
    if not path.exists():
        raise SystemExit(f"count_ggml: {path} is not there")
    emulators = [[*e, "-L", sysroot, "-E", f"LD_LIBRARY_PATH={folder}"] for e in emulators]
    symbols = subprocess.run(["llvm-nm-19", "-D", "--defined-only", path], check=True, capture_output=True, text=True)
    places = {name: int(address, 16) for address, _, name in (line.split() for line in symbols.stdout.splitlines())}
    code = model.disassembly(path)
    with tempfile.TemporaryDirectory() as work:
        program = pathlib.Path(work, "ggml_dot")
        source = pathlib.Path(__file__).with_name("ggml_dot.c")
        subprocess.run([compiler, "-O1", "-o", program, source, "-ldl"], check=True)
        model.print_head(f"{board}: {path.name}, rows of {columns}", emulators, cpu)
        for name in KERNELS:
            def counts_of(emulator, name=name):
                run = subprocess.run([*emulator, program, path, name, columns, "1"], capture_output=True, text=True,
                                     check=False)
                if run.returncode != 0:
                    raise SystemExit(f"count_ggml: {run.stderr.strip()}")
                base = int(run.stdout, 16) - places[name]
                counts = model.counted(emulator, program, lambda times: [path, name, columns, str(times)])
                return {a - base: n for a, n in counts.items() if a - base in code}
            model.print_cost(name, emulators, counts_of, code, int(columns), triple, cpu)


if __name__ == "__main__":
    main()
