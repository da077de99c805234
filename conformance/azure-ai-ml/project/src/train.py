"""Fits a line through the readings, logs how far off it is, and writes it down as a model."""

import argparse
import csv
import json
import pathlib

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--parts", type=pathlib.Path, required=True)
parser.add_argument("--rate", type=float, default=0.001)
parser.add_argument("--rounds", type=int, default=200)
parser.add_argument("--model", type=pathlib.Path, required=True)
arguments = parser.parse_args()


def read(name):
    with (arguments.parts / name).open() as lines:
        return [(float(row["outside"]), float(row["kilowatts"])) for row in csv.DictReader(lines)]


def off(slope, base, pairs):
    return sum((slope * x + base - y) ** 2 for x, y in pairs) / len(pairs)


learn, test = read("learn.csv"), read("test.csv")
mlflow.log_params({"rate": arguments.rate, "rounds": arguments.rounds})
slope = base = 0.0
for step in range(arguments.rounds):
    slope -= arguments.rate * sum((slope * x + base - y) * x for x, y in learn) / len(learn)
    base -= arguments.rate * sum(slope * x + base - y for x, y in learn) / len(learn)
    if step % 50 == 0:
        mlflow.log_metric("learn_error", off(slope, base, learn), step=step)
error = off(slope, base, test)
mlflow.log_metric("test_error", error)
mlflow.set_tag("stage", "trained")
arguments.model.mkdir(parents=True, exist_ok=True)
(arguments.model / "line.json").write_text(json.dumps({"slope": slope, "base": base}))
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/report.txt").write_text(f"test error {error:.4f}\n")
print(f"test error {error:.4f}", flush=True)
