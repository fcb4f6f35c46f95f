"""Classes of rows of features: classify.py MODEL.trit < ROWS

A row a line, numbers with spaces or commas between. Prints for each row its class and that class's score. Needs
tritwise.py on Python's path (PYTHONPATH=.../share/tritwise/python).
"""

import sys

import tritwise


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: classify.py MODEL.trit < ROWS", file=sys.stderr)
        return 2
    try:
        rows = [[float(word) for word in line.replace(",", " ").split()] for line in sys.stdin if line.strip()]
        for scores in tritwise.Model(sys.argv[1]).session().score(rows):
            best = max(scores)
            print(scores.index(best), f"{best:.9g}")
    except (tritwise.Error, ValueError) as error:
        print(f"classify.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
