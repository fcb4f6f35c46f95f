#!/usr/bin/env python3
"""Writes the Unicode tables of format/text/ from Python's unicodedata: run it again for a newer Unicode.

Usage: tools/unicode_tables.py            (from anywhere; prints the version of Unicode that it wrote)

Change points, not ranges: entry = first code point of a stretch and its value, in one number. Half the
size, and one binary search finds the stretch that a code point lies in.
"""
import os
import sys
import unicodedata

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format", "text")
CODE_POINTS = range(0x110000)
# White_Space of Unicode's PropList.txt, which unicodedata does not have (str.isspace says more).
SPACES = {*range(0x9, 0xE), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
HANGUL = range(0xAC00, 0xD7A4)  # composed and decomposed by arithmetic
HANGUL_SECONDS = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}


def char_class(code_point):
    if code_point in SPACES:
        return 3
    return {"L": 1, "N": 2}.get(unicodedata.category(chr(code_point))[0], 0)


def change_points(value_of, bits):
    points, last = [], None
    for code_point in CODE_POINTS:
        value = value_of(code_point)
        if value != last:
            points.append(code_point << bits | value)
            last = value
    return points


def decompositions():
    """One step of each canonical decomposition: code point -> (first, second), second 0 where there is none."""
    steps = {}
    for code_point in CODE_POINTS:
        text = unicodedata.decomposition(chr(code_point))
        if text and not text.startswith("<") and code_point not in HANGUL:
            parts = [int(part, 16) for part in text.split()]
            steps[code_point] = (parts[0], parts[1] if len(parts) == 2 else 0)
    return steps


def write(name, what, arrays):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"// {what}\n// Unicode {unicodedata.unidata_version}. Written by tools/unicode_tables.py; do not edit.\n")
        for declaration, items in arrays:
            file.write(f"{declaration} = {{\n")
            line = "   "
            for item in items:
                if len(line) + len(item) > 118:
                    file.write(line + "\n")
                    line = "   "
                line += (" " if line == "   " else "") + item + ","
            file.write(line + "\n};\n")


def main():
    write("unicode_classes.inc", "Change points of the classes: code point << 2 | CharClass.",
          [("constexpr uint32_t kClassChanges[]", [str(p) for p in change_points(char_class, 2)])])

    steps = decompositions()
    table = sorted(steps.items())
    # A pair composes again unless the result is excluded; unicodedata knows the exclusions.
    composing = [i for i, (code_point, (_, second)) in enumerate(table)
                 if second and unicodedata.normalize("NFC", chr(code_point)) == chr(code_point)]
    composing.sort(key=lambda i: table[i][1])
    seconds = {table[i][1][1] for i in composing} | HANGUL_SECONDS

    def normalisation(code_point):
        text = chr(code_point)
        if 0xD800 <= code_point < 0xE000:
            return 0
        may_change = code_point in seconds or unicodedata.normalize("NFC", text) != text
        return unicodedata.combining(text) | (256 if may_change or unicodedata.combining(text) else 0)

    write("unicode_normalisation.inc",
          "Change points of combining classes (code point << 9 | may change << 8 | class), one step of every\n"
          "// canonical decomposition, and which of these compose again, in the order of their parts.",
          [("constexpr uint32_t kCombiningChanges[]", [str(p) for p in change_points(normalisation, 9)]),
           ("constexpr Decomposition kDecompositions[]", [f"{{{c},{a},{b}}}" if b else f"{{{c},{a}}}" for c, (a, b) in table]),
           ("constexpr uint16_t kCompositions[]", [str(i) for i in composing])])
    print(f"Unicode {unicodedata.unidata_version}")


if __name__ == "__main__":
    sys.exit(main())
