"""Writes on from a text: generate.py MODEL.trit TEXT [TOKENS]

Prints the text as it comes. Needs tritwise.py on Python's path (PYTHONPATH=.../share/tritwise/python).
"""

import sys

import tritwise


def show(_token: int, text: str) -> None:
    print(text, end="", flush=True)


def main() -> int:
    if len(sys.argv) < 3:
        print("usage: generate.py MODEL.trit TEXT [TOKENS]", file=sys.stderr)
        return 2
    try:
        tokens = int(sys.argv[3]) if len(sys.argv) > 3 else 64
        tritwise.Model(sys.argv[1]).session().generate(sys.argv[2], tokens, show)
    except (tritwise.Error, ValueError) as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 1
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
