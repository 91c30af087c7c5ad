"""How fast are problems read, and in how much memory? Rows of the size of APPS's, made here.

    scripts/bench.sh reading [ROWS ...]

Prints the load of the machine, then for each form rows a second, rows and megabytes a second of
processor time (which a busy machine changes less), and the growth of memory after the first row.
Memory that does not grow with the rows is what streaming promises.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = (1_000, 10_000)
FORMS = ("folders", "apps", "jsonl", "parquet")
STATEMENT = "word " * 293
SOLUTION = "for line in range(10):\n    print(line)\n" * 9
TESTS = 21
SOLUTIONS = 23
"""The means of APPS: words, lines, tests and solutions a problem (Hendrycks et al. 2021)."""


def apps_row(number: int) -> dict[str, object]:
    """A problem in the columns of the hub."""
    text = "\n".join(str(item) for item in range(number, number + 40))
    tests = {"inputs": [text] * TESTS, "outputs": [text] * TESTS}
    return {
        "problem_id": number,
        "question": STATEMENT,
        "solutions": json.dumps([SOLUTION] * SOLUTIONS),
        "input_output": json.dumps(tests),
        "difficulty": "interview",
        "url": "",
        "starter_code": "",
    }


def own_row(number: int) -> dict[str, object]:
    """The same as one of our own lines."""
    text = "\n".join(str(item) for item in range(number, number + 40))
    return {
        "id": f"{number:04d}",
        "statement": STATEMENT,
        "kind": "stdin",
        "tests": [{"input": text, "output": text}] * TESTS,
        "solutions": [SOLUTION] * SOLUTIONS,
    }


def write_folder(row: dict[str, object], folder: Path) -> None:
    """A row as CodeRL's folder of a problem."""
    folder.mkdir()
    metadata = json.dumps({"difficulty": row["difficulty"], "url": row["url"]})
    (folder / "metadata.json").write_text(metadata, encoding="utf-8")
    for name, column in (("question.txt", "question"), ("solutions.json", "solutions")):
        (folder / name).write_text(str(row[column]), encoding="utf-8")
    (folder / "input_output.json").write_text(str(row["input_output"]), encoding="utf-8")


def write(form: str, num_rows: int, folder: Path) -> str:
    """Write the rows, and return their data spec."""
    if form == "folders":
        for number in range(num_rows):
            write_folder(apps_row(number), folder / f"{number:04d}")
        return f"apps:{folder}"
    path = folder / f"{form}.{'parquet' if form == 'parquet' else 'jsonl'}"
    if form == "parquet":
        from pyarrow import RecordBatch
        from pyarrow.parquet import ParquetWriter

        first = RecordBatch.from_pylist([apps_row(0)])
        with ParquetWriter(path, first.schema) as file:
            for start in range(0, num_rows, 500):
                numbers = range(start, min(start + 500, num_rows))
                file.write_batch(RecordBatch.from_pylist([apps_row(n) for n in numbers]))
        return f"apps:{path}"
    row = own_row if form == "jsonl" else apps_row
    with path.open("w", encoding="utf-8") as lines:
        for number in range(num_rows):
            lines.write(json.dumps(row(number)) + "\n")
    return f"{form}:{path}"


def measure(spec: str) -> dict[str, float]:
    """Seconds to read all problems, and by how many megabytes the process grew meanwhile."""
    from coderl.readers.resolve import load

    problems = load(spec)
    start, start_cpu = time.perf_counter(), time.process_time()
    next(problems)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    num_rows = 1 + sum(1 for _ in problems)
    elapsed_s, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown_mb = (after_kb - before_kb) / 1024
    return {"rows": num_rows, "s": elapsed_s, "cpu_s": cpu_s, "grown_mb": grown_mb}


def main(words: list[str]) -> None:
    """Measure every form at every size, each in a process of its own."""
    if words[:1] == ["--measure"]:
        sys.stdout.write(json.dumps(measure(words[1])))
        return
    sys.stdout.write(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    sys.stdout.write(
        f"{'form':8} {'rows':>7} {'rows/s':>8} {'rows/cpu s':>11} {'MB/cpu s':>9} {'grown MB':>9}\n"
    )
    for form in FORMS:
        for num_rows in map(int, words or ROWS):
            with tempfile.TemporaryDirectory() as name:
                spec = write(form, num_rows, Path(name))
                size_mb = sum(p.stat().st_size for p in Path(name).rglob("*.*")) / 2**20
                command = [sys.executable, __file__, "--measure", spec]
                found = json.loads(subprocess.run(command, stdout=-1, check=True).stdout)
            rows, cpu_s = found["rows"], found["cpu_s"]
            sys.stdout.write(
                f"{form:8} {rows:7,} {rows / found['s']:8,.0f} {rows / cpu_s:11,.0f} "
                f"{size_mb / cpu_s:9.1f} {found['grown_mb']:9.1f}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
