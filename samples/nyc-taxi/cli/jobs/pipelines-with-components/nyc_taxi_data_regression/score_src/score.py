"""Compares predicted with actual fares, logs the errors and writes a report."""

import argparse
import json
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--predictions", type=Path, required=True, help="folder with predictions.csv")
    parser.add_argument("--report", type=Path, required=True, help="folder to write score.json to")
    arguments = parser.parse_args()

    table = pd.read_csv(arguments.predictions / "predictions.csv")
    scores = {
        "mean_absolute_error": float(mean_absolute_error(table["actual"], table["predicted"])),
        "root_mean_squared_error": float(mean_squared_error(table["actual"], table["predicted"])) ** 0.5,
        "r2": float(r2_score(table["actual"], table["predicted"])),
    }
    mlflow.log_metrics(scores)
    arguments.report.mkdir(parents=True, exist_ok=True)
    (arguments.report / "score.json").write_text(json.dumps(scores, indent=2) + "\n")
    for name, value in scores.items():
        print(f"{name}: {value:.3f}")


if __name__ == "__main__":
    main()
