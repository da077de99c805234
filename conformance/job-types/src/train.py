"""A training whose score is a function of its parameters, logged as it comes near."""

import argparse
import time
from pathlib import Path

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--shape")
parser.add_argument("--steps", type=int)
parser.add_argument("--model")
arguments = parser.parse_args()

final = 1 - (arguments.rate - 0.3) ** 2 - (0.25 if arguments.shape == "flat" else 0)
for step in range(1, arguments.steps + 1):
    score = final * step / arguments.steps
    mlflow.log_metric("score", score, step=step)
    time.sleep(0.2)
Path(arguments.model, "score.txt").write_text(f"{score}\n")
