"""Fits the fare model and keeps a part of the trips aside for the score."""

import argparse
import warnings
from pathlib import Path

import mlflow
import mlflow.sklearn
import pandas as pd
import sklearn
from mlflow.models import infer_signature
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

warnings.filterwarnings("ignore", message=".*integer column.*")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--features", type=Path, required=True, help="folder with features.csv")
    parser.add_argument("--test-fraction", type=float, default=0.25, help="share of the trips kept for the score")
    parser.add_argument("--model", type=Path, required=True, help="folder to save the model to")
    parser.add_argument("--test-set", type=Path, required=True, help="folder to write test.csv to")
    arguments = parser.parse_args()

    mlflow.sklearn.autolog(log_models=False, log_datasets=False)

    table = pd.read_csv(arguments.features / "features.csv")
    train, test = train_test_split(table, test_size=arguments.test_fraction, random_state=7)
    model = GradientBoostingRegressor(n_estimators=60, max_depth=3, random_state=7)
    model.fit(train.drop(columns="cost"), train["cost"])

    example = train.drop(columns="cost").head(5)
    mlflow.sklearn.save_model(
        model,
        str(arguments.model),
        signature=infer_signature(example, model.predict(example)),
        serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
        # Said here, or mlflow loads the model in a second process to find out.
        pip_requirements=[f"scikit-learn=={sklearn.__version__}", f"pandas=={pd.__version__}"],
    )
    arguments.test_set.mkdir(parents=True, exist_ok=True)
    test.to_csv(arguments.test_set / "test.csv", index=False)
    print(f"trained on {len(train)} trips, kept {len(test)} for the score")


if __name__ == "__main__":
    main()
