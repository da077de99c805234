"""Predicts the fares of trips that the model has not seen."""

import argparse
from pathlib import Path

import mlflow.sklearn
import pandas as pd


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True, help="folder of a saved model")
    parser.add_argument("--test-set", type=Path, required=True, help="folder with test.csv")
    parser.add_argument("--predictions", type=Path, required=True, help="folder to write predictions.csv to")
    arguments = parser.parse_args()

    test = pd.read_csv(arguments.test_set / "test.csv")
    model = mlflow.sklearn.load_model(str(arguments.model))
    table = pd.DataFrame({"actual": test["cost"], "predicted": model.predict(test.drop(columns="cost"))})

    arguments.predictions.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.predictions / "predictions.csv", index=False)
    print(f"predicted {len(table)} fares")


if __name__ == "__main__":
    main()
