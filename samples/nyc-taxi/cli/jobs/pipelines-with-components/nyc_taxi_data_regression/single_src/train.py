"""Reads the trips, fits a fare model, logs how good it is and saves it: a whole project in one step."""

import argparse
import warnings
from pathlib import Path

import mlflow
import mlflow.sklearn
import pandas as pd
import sklearn
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

warnings.filterwarnings("ignore", message=".*integer column.*")

GREEN = {"lpepPickupDatetime": "pickup", "lpepDropoffDatetime": "dropoff"}
YELLOW = {"tpepPickupDateTime": "pickup", "tpepDropoffDateTime": "dropoff"}
COLUMNS = ["pickup", "dropoff", "passengerCount", "tripDistance", "totalAmount"]


def read_trips(folder):
    """Both companies' trips in one table, without those that went nowhere or cost nothing."""
    green = pd.read_csv(folder / "green_trips.csv").rename(columns=GREEN)
    yellow = pd.read_csv(folder / "yellow_trips.csv").rename(columns=YELLOW)
    trips = pd.concat([green[COLUMNS], yellow[COLUMNS]], ignore_index=True)
    return trips[(trips["tripDistance"] > 0) & (trips["totalAmount"] > 0)]


def features(trips):
    """What the fare depends on."""
    pickup = pd.to_datetime(trips["pickup"])
    dropoff = pd.to_datetime(trips["dropoff"])
    return pd.DataFrame(
        {
            "distance": trips["tripDistance"],
            "minutes": (dropoff - pickup).dt.total_seconds() / 60,
            "passengers": trips["passengerCount"],
            "hour": pickup.dt.hour,
            "weekday": pickup.dt.weekday,
        }
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trips", type=Path, required=True, help="folder with green_trips.csv and yellow_trips.csv")
    parser.add_argument("--test-fraction", type=float, default=0.25, help="share of the trips kept for the score")
    parser.add_argument("--model", type=Path, required=True, help="folder to save the model to")
    arguments = parser.parse_args()

    # Parameters and training metrics are logged by autolog; the model is saved below, to the job's output.
    mlflow.sklearn.autolog(log_models=False, log_datasets=False)

    trips = read_trips(arguments.trips)
    print(f"read {len(trips)} trips")
    x_train, x_test, y_train, y_test = train_test_split(
        features(trips), trips["totalAmount"], test_size=arguments.test_fraction, random_state=7
    )

    with mlflow.start_run():
        model = LinearRegression().fit(x_train, y_train)
        predicted = model.predict(x_test)
        scores = {
            "test_mean_absolute_error": float(mean_absolute_error(y_test, predicted)),
            "test_r2": float(r2_score(y_test, predicted)),
        }
        mlflow.log_metrics(scores)

    mlflow.sklearn.save_model(
        model,
        str(arguments.model),
        signature=infer_signature(x_test, predicted),
        serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
        # Said here, or mlflow loads the model in a second process to find out.
        pip_requirements=[f"scikit-learn=={sklearn.__version__}", f"pandas=={pd.__version__}"],
    )
    for name, value in scores.items():
        print(f"{name}: {value:.3f}")
    print(f"saved the model to {arguments.model}")


if __name__ == "__main__":
    main()
