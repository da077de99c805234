"""Applies the line to the test part."""

import argparse
import csv
import json
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--parts", type=pathlib.Path, required=True)
parser.add_argument("--model", type=pathlib.Path, required=True)
parser.add_argument("--scores", type=pathlib.Path, required=True)
arguments = parser.parse_args()

line = json.loads((arguments.model / "line.json").read_text())
with (arguments.parts / "test.csv").open() as lines, arguments.scores.open("w") as out:
    for row in csv.DictReader(lines):
        out.write(f"{line['slope'] * float(row['outside']) + line['base']:.3f}\n")
print("scored", flush=True)
