"""A component as Python: the SDK's decorator makes it of a function."""

import pathlib

from mldesigner import Input, Output, command_component


@command_component(
    name="count_readings",
    version="1",
    display_name="Count the readings",
    environment={"image": "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04", "conda_file": pathlib.Path(__file__).with_name("count-conda.yml")},
)
def count_readings(readings: Input(type="uri_folder"), count: Output(type="uri_file")):
    lines = sum(len(file.read_text().splitlines()) - 1 for file in pathlib.Path(readings).glob("*.csv"))
    pathlib.Path(count).write_text(f"{lines}\n")
    print(f"{lines} readings", flush=True)
