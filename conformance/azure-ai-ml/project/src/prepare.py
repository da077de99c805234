"""Cuts the readings into a part to learn from and a part to test with."""

import argparse
import csv
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--readings", type=pathlib.Path, required=True)
parser.add_argument("--share", type=float, default=0.75)
parser.add_argument("--parts", type=pathlib.Path, required=True)
arguments = parser.parse_args()

rows = []
for file in sorted(arguments.readings.glob("*.csv")):
    with file.open() as lines:
        rows += list(csv.DictReader(lines))
cut = int(len(rows) * arguments.share)
print(f"{len(rows)} readings, {cut} to learn from", flush=True)
for name, part in (("learn.csv", rows[:cut]), ("test.csv", rows[cut:])):
    with (arguments.parts / name).open("w", newline="") as out:
        writer = csv.DictWriter(out, ["outside", "kilowatts"])
        writer.writeheader()
        writer.writerows(part)
