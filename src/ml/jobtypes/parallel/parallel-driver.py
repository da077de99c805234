"""Runs an entry script over the mini-batches of a parallel job: one driver a node, several workers a driver.

The drivers of a job share a folder. The first one (rank 0) splits the input and, at the end, brings the results together; every driver takes
mini-batches by creating a file that only one can create, and writes what came of each into a file of its own. Workers are processes that keep
the entry script loaded: one that takes too long is ended and replaced. Standard library only; tables need pandas in the job's environment.
"""

import glob
import importlib.util
import inspect
import json
import os
import pickle
import re
import select
import subprocess
import sys
import time
import traceback
from types import SimpleNamespace

POLL_SECONDS = 0.05


def say(text):
    print(f"[parallel] {text}", flush=True)


class MiniBatch(list):
    """File paths; `partition_key_value` names the partition where there are partition keys."""

    partition_key_value = None


# ---- the worker: the entry script in a process of its own


def load_entry(path):
    folder = os.path.dirname(os.path.abspath(path))
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, "run", None)):
        raise SystemExit(f"The entry script {path} has no function run(mini_batch).")
    return module


def rows_of(result):
    """The lines that a result adds to the output file: a table's rows are separated by spaces and have no header (documented)."""
    if hasattr(result, "to_csv"):
        text = result.to_csv(sep=" ", header=False, index=False)
        return text if text.endswith("\n") or text == "" else text + "\n"
    return "".join(f"{item}\n" for item in result)


def work(requests, answers, entry_script, arguments):
    sys.argv = [entry_script, *arguments]
    answer = os.fdopen(answers, "w", buffering=1)

    def tell(**facts):
        answer.write(json.dumps(facts) + "\n")
        answer.flush()

    try:
        module = load_entry(entry_script)
        if callable(getattr(module, "init", None)):
            module.init()
    except BaseException:
        traceback.print_exc()
        tell(kind="broken", error=traceback.format_exc(limit=-1).strip().splitlines()[-1])
        return 1
    tell(kind="ready")
    wants_context = len(inspect.signature(module.run).parameters) > 1
    for line in os.fdopen(requests, "r"):
        batch = json.loads(line)
        try:
            if "pickle" in batch:
                with open(batch["pickle"], "rb") as file:
                    items = pickle.load(file)  # written by this job's own driver
            else:
                items = MiniBatch(batch["files"])
                items.partition_key_value = batch.get("partition")
            context = SimpleNamespace(minibatch_index=batch["index"], partition_key_value=batch.get("partition"))
            result = module.run(items, context) if wants_context else module.run(items)
            if result is None or isinstance(result, (str, bytes)) or not hasattr(result, "__len__"):
                raise TypeError(f"run() must return a list or a DataFrame with an entry for each item that succeeded, not {type(result).__name__}.")
            if batch["rows"]:
                with open(batch["rows"], "w", encoding="utf-8") as file:
                    file.write(rows_of(result))
            tell(kind="done", returned=len(result))
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            tell(kind="raised", error=traceback.format_exc(limit=-1).strip().splitlines()[-1])
    if callable(getattr(module, "shutdown", None)):
        module.shutdown()
    return 0


class Worker:
    """A worker process as its driver sees it."""

    def __init__(self, settings, arguments):
        request_read, self.requests = os.pipe()
        self.answers, answer_write = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--worker", str(request_read), str(answer_write), settings["entryScript"], *arguments],
            pass_fds=(request_read, answer_write),
        )
        os.close(request_read)
        os.close(answer_write)
        self.buffer = b""
        self.task = None
        self.ready = False
        self.since = time.monotonic()

    def send(self, task, batch):
        self.task = task
        self.since = time.monotonic()
        os.write(self.requests, (json.dumps(batch) + "\n").encode())

    def receive(self):
        """The next answer; None when the process is gone."""
        while b"\n" not in self.buffer:
            chunk = os.read(self.answers, 65536)
            if not chunk:
                return None
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def end(self, kill=False):
        """Lets it finish by itself, shutdown() included, or kills it."""
        if kill:
            self.process.kill()
        os.close(self.requests)
        code = self.process.wait()
        os.close(self.answers)
        return code


# ---- the split into mini-batches


def files_below(path):
    if os.path.isfile(path):
        return [path]
    found = []
    for folder, folders, names in os.walk(path, followlinks=True):
        folders.sort()
        found.extend(os.path.join(folder, name) for name in sorted(names) if name != "MLTable")
    return found


def partition_of(root, path, keys):
    """The values of partition keys in a path: `key=value` folders, else the folders by their depth."""
    folders = os.path.relpath(os.path.dirname(path), root).split(os.sep)
    named = dict(part.split("=", 1) for part in folders if "=" in part)
    plain = [part for part in folders if part not in ("", ".")]
    values = {}
    for depth, key in enumerate(keys):
        if key in named:
            values[key] = named[key]
        elif depth < len(plain):
            values[key] = plain[depth]
        else:
            raise SystemExit(f"The file {os.path.relpath(path, root)} has no folder for the partition key '{key}'.")
    return values


def split_files(root, settings):
    files = files_below(root)
    keys = settings["partitionKeys"]
    if keys:
        groups = {}
        for path in files:
            values = partition_of(root, path, keys)
            groups.setdefault(json.dumps(values), (values, []))[1].append(path)
        return [{"files": paths, "partition": values, "items": len(paths)} for values, paths in groups.values()]
    size = settings["miniBatchSize"] or 10
    return [{"files": files[at : at + size], "items": len(files[at : at + size])} for at in range(0, len(files), size)]


def read_table(root):
    try:
        import pandas
    except ImportError:
        raise SystemExit("A parallel job over a table needs pandas in its environment.")
    try:
        import mltable

        return mltable.load(root).to_pandas_dataframe()
    except ImportError:
        pass
    with open(os.path.join(root, "MLTable"), encoding="utf-8") as file:
        text = file.read()
    # What a table names is read line by line: an environment need not have a reader of YAML.
    named = re.findall(r"-\s*(file|pattern|folder)\s*:\s*['\"]?(.+?)['\"]?\s*$", text, re.MULTILINE)
    files = [
        path
        for kind, name in named
        for found in sorted(glob.glob(os.path.join(root, name), recursive=True))
        for path in (files_below(found) if kind == "folder" else [found])
    ] or files_below(root)
    delimiter = re.search(r"delimiter\s*:\s*['\"]?(.+?)['\"]?\s*$", text, re.MULTILINE)
    separator = delimiter.group(1).replace("\\t", "\t") if delimiter else ","
    if "read_parquet" in text:
        frames = [pandas.read_parquet(path) for path in files]
    elif "read_json_lines" in text:
        frames = [pandas.read_json(path, lines=True) for path in files]
    elif "read_delimited" in text:
        frames = [pandas.read_csv(path, sep=separator) for path in files]
    else:
        raise SystemExit("The MLTable has none of read_delimited, read_parquet, read_json_lines: put mltable into the job's environment.")
    return pandas.concat(frames, ignore_index=True)


def split_table(root, settings, folder):
    frame = read_table(root)
    keys = settings["partitionKeys"]
    if keys:
        missing = [key for key in keys if key not in frame.columns]
        if missing:
            raise SystemExit(f"The table has no column '{missing[0]}' to partition by. It has: {', '.join(map(str, frame.columns))}.")
        parts = [
            (dict(zip(keys, map(str, values if isinstance(values, tuple) else (values,)))), part)
            for values, part in frame.groupby(keys, sort=True)
        ]
    else:
        size = settings["miniBatchSize"] or 1024 * 1024
        bytes_a_row = max(1, frame.memory_usage(index=False, deep=True).sum() // max(1, len(frame)))
        rows = max(1, size // bytes_a_row)
        parts = [(None, frame.iloc[at : at + rows].reset_index(drop=True)) for at in range(0, len(frame), rows)]
    batches = []
    for index, (partition, part) in enumerate(parts):
        path = os.path.join(folder, f"part-{index}.pickle")
        with open(path, "wb") as file:
            pickle.dump(part, file)
        batches.append({"pickle": path, "partition": partition, "items": len(part)})
    return batches


# ---- the driver of a node


def read_percent(arguments):
    """`--allowed_failed_percent N` among the entry script's arguments is the driver's too (documented); None without it."""
    name = "--allowed_failed_percent"
    for at, argument in enumerate(arguments):
        text = argument[len(name) + 1 :] if argument.startswith(name + "=") else arguments[at + 1] if argument == name and at + 1 < len(arguments) else None
        if text is None:
            continue
        try:
            return float(text)
        except ValueError:
            raise SystemExit(f"{name} is a percentage of mini-batches, not '{text}'.")
    return None


def write_whole(path, text):
    with open(path + f".{os.getpid()}", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + f".{os.getpid()}", path)


def claim(folder, index):
    try:
        os.close(os.open(os.path.join(folder, f"claim-{index}"), os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


class Results:
    """What came of the mini-batches of every driver, read as it is written."""

    def __init__(self, folder, count):
        self.folder = folder
        self.count = count
        self.missing = set(range(count))
        self.known = {}

    def look(self):
        names = set(os.listdir(self.folder))
        for index in [one for one in self.missing if f"result-{one}" in names]:
            with open(os.path.join(self.folder, f"result-{index}"), encoding="utf-8") as file:
                self.known[index] = json.load(file)
            self.missing.discard(index)

    def over_threshold(self, settings):
        """Why the job fails for good, if it does: more failures than are allowed, -1 for any number (documented)."""
        failed = [one for one in self.known.values() if one["failedItems"] > 0 or one["error"]]
        items = sum(one["failedItems"] for one in failed)
        allowed = settings["miniBatchErrorThreshold"]
        if 0 <= allowed < len(failed):
            return f"{len(failed)} mini-batches failed, mini_batch_error_threshold allows {allowed}."
        allowed = settings["allowedFailedPercent"]
        if allowed is not None and self.count and len(failed) * 100 > allowed * self.count:
            return f"{len(failed)} of {self.count} mini-batches failed, --allowed_failed_percent allows {allowed} %."
        if 0 <= settings["errorThreshold"] < items:
            return f"{items} items failed, error_threshold allows {settings['errorThreshold']}."
        return None


def drive(settings, root, append_to, arguments):
    rank = int(os.environ.get("AZUREML_CR_NODE_RANK", "0"))
    settings["allowedFailedPercent"] = read_percent(arguments)
    folder = os.path.join(os.environ["AZ_BATCHAI_JOB_TEMP"], "parallel")
    os.makedirs(folder, exist_ok=True)
    plan, stop = os.path.join(folder, "batches.json"), os.path.join(folder, "stop")
    if rank == 0:
        batches = split_table(root, settings, folder) if settings["tabular"] else split_files(root, settings)
        write_whole(plan, json.dumps(batches))
        say(f"{len(batches)} mini-batches, {sum(one['items'] for one in batches)} items")
    while not os.path.exists(plan):
        if os.path.exists(stop):
            return 1
        time.sleep(POLL_SECONDS)
    with open(plan, encoding="utf-8") as file:
        batches = json.load(file)
    results = Results(folder, len(batches))
    try:
        process_batches(settings, folder, stop, batches, results, append_to, rank, arguments)
    except SystemExit:
        write_whole(stop, "")
        raise
    if rank != 0:
        return 0
    return finish(settings, folder, stop, results, append_to)


def process_batches(settings, folder, stop, batches, results, append_to, rank, arguments):
    following = iter(range(len(batches)))
    waiting = []  # (index, tries so far) to be tried again
    workers = [Worker(settings, arguments) for _ in range(min(settings["processes"], max(1, len(batches))))]

    def take():
        if waiting:
            return waiting.pop(0)
        for index in following:
            if claim(folder, index):
                return index, 0
        return None

    def settle(worker, index, tries, returned, error):
        items = batches[index]["items"]
        if error and tries < settings["maxRetries"]:
            say(f"mini-batch {index} is tried again ({tries + 1} of {settings['maxRetries']}): {error}")
            waiting.append((index, tries + 1))
            return
        failed = items if error else max(0, items - returned)
        facts = {"failedItems": failed, "returned": returned, "error": error, "tries": tries + 1}
        write_whole(os.path.join(folder, f"result-{index}"), json.dumps(facts))
        seconds = time.monotonic() - worker.since
        say(f"mini-batch {index}: {items - failed} of {items} items in {seconds:.2f} s on node {rank}" + (f", failed: {error}" if error else ""))

    idle = []
    while True:
        results.look()
        if os.path.exists(stop) or results.over_threshold(settings):
            for worker in workers:
                worker.end(kill=True)
            return
        for worker in [one for one in idle]:
            task = take()
            if task is None:
                break
            idle.remove(worker)
            index = task[0]
            rows = os.path.join(folder, f"rows-{index}") if append_to else ""
            worker.send(task, {**batches[index], "index": index, "rows": rows})
        busy = [worker for worker in workers if worker not in idle]
        if not busy:
            break
        readable, _, _ = select.select([worker.answers for worker in busy], [], [], POLL_SECONDS)
        for worker in busy:
            if worker.answers not in readable:
                if worker.task and time.monotonic() - worker.since > settings["timeoutSeconds"]:
                    (index, tries), worker.task = worker.task, None
                    worker.end(kill=True)
                    settle(worker, index, tries, 0, f"run() took longer than {settings['timeoutSeconds']} seconds")
                    workers[workers.index(worker)] = Worker(settings, arguments)
                continue
            answer = worker.receive()
            if answer is None or answer["kind"] == "broken":
                task = worker.task
                code = worker.end()
                if not worker.ready:
                    raise SystemExit(f"The entry script {settings['entryScript']} could not be begun: {(answer or {}).get('error', f'its process ended with code {code}')}")
                if task:
                    settle(worker, task[0], task[1], 0, f"the process of the entry script ended with code {code}")
                workers[workers.index(worker)] = Worker(settings, arguments)
                continue
            if answer["kind"] == "ready":
                worker.ready = True
            else:
                (index, tries), worker.task = worker.task, None
                settle(worker, index, tries, answer.get("returned", 0), answer.get("error", ""))
            idle.append(worker)
    for worker in workers:
        worker.end()


def finish(settings, folder, stop, results, append_to):
    while True:
        results.look()
        reason = results.over_threshold(settings)
        if reason or not results.missing:
            break
        if os.path.exists(stop):
            reason = "another node could not begin the entry script."
            break
        time.sleep(POLL_SECONDS)
    if append_to and not reason:
        os.makedirs(os.path.dirname(os.path.abspath(append_to)), exist_ok=True)
        if os.path.isdir(append_to):
            append_to = os.path.join(append_to, settings["appendRowName"])
        with open(append_to, "w", encoding="utf-8") as whole:
            for index in sorted(results.known):
                path = os.path.join(folder, f"rows-{index}")
                if not results.known[index]["error"] and os.path.exists(path):
                    with open(path, encoding="utf-8") as part:
                        whole.write(part.read())
    failed = [one for one in results.known.values() if one["failedItems"] > 0 or one["error"]]
    say(f"{len(results.known) - len(failed)} mini-batches succeeded, {len(failed)} failed, {sum(one['failedItems'] for one in failed)} items failed")
    if reason:
        write_whole(stop, "")
        say(f"The job fails: {reason}")
        return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "--worker":
        sys.exit(work(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:]))
    options, rest = sys.argv[1:], []
    if "--" in options:
        at = options.index("--")
        options, rest = options[:at], options[at + 1 :]
    named = dict(option.split("=", 1) for option in options)
    sys.exit(drive(json.loads(os.environ["MILLRACE_PARALLEL"]), named["--input"], named.get("--append-row-to", ""), rest))
