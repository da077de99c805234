"""Schedules: by a cron expression and by recurrence, of a job that there is and of a new one."""

from datetime import datetime, timedelta

from azure.ai.ml import Input, dsl, load_component
from azure.ai.ml.entities import CronTrigger, JobSchedule, RecurrencePattern, RecurrenceTrigger

from storage import PROJECT


def plan(client, calls, job):
    """`job` is a pipeline job that there is."""
    cut = load_component(PROJECT / "components/prepare.yml")

    @dsl.pipeline(display_name="Cut at night", experiment_name="nights", compute="cluster")
    def nightly(readings):
        cut(readings=readings)

    with calls.step("a schedule of a new pipeline is made"):
        made = client.schedules.begin_create_or_update(
            JobSchedule(
                name="nights",
                display_name="Every night",
                trigger=CronTrigger(expression="15 3 * * *", time_zone="W. Europe Standard Time"),
                create_job=nightly(readings=Input(type="uri_folder", path="azureml:readings:1")),
            )
        )
        assert (made.name, made.trigger.expression, made.is_enabled) == ("nights", "15 3 * * *", True), made
    with calls.step("a schedule of a job that there is is made"):
        weekly = client.begin_create_or_update(
            JobSchedule(
                name="weeks",
                trigger=RecurrenceTrigger(
                    frequency="week",
                    interval=1,
                    schedule=RecurrencePattern(hours=[4], minutes=[0], week_days=["monday"]),
                    start_time=datetime.utcnow() + timedelta(days=1),
                ),
                create_job=job,
            )
        )
        assert weekly.trigger.frequency == "week", weekly
    with calls.step("schedules are read, listed, disabled and enabled"):
        assert client.schedules.get("nights").display_name == "Every night"
        assert {"nights", "weeks"} <= {one.name for one in client.schedules.list()}
        assert client.schedules.begin_disable("nights").is_enabled is False
        assert "nights" not in [one.name for one in client.schedules.list()]
        assert client.schedules.begin_enable("nights").is_enabled is True
    with calls.step("a schedule is triggered by hand"):
        fired = client.schedules.trigger("nights")
        assert fired.job_name.startswith("nights-") or fired.job_name, fired
    with calls.step("schedules are deleted"):
        for name in ("nights", "weeks"):
            client.schedules.begin_disable(name)
            client.schedules.begin_delete(name)
        assert not {"nights", "weeks"} & {one.name for one in client.schedules.list()}
