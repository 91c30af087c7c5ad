"""`coderl generate` against a small server that speaks the protocol, well or badly."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from coderl.cli import main

pytest.importorskip("openai")

DATA = "bundled:mini-apps?split=heldout&limit=3"
NUM_PROBLEMS, NUM_SAMPLES = 3, 4
ALL = NUM_PROBLEMS * NUM_SAMPLES
Reply = tuple[int, dict[str, str], Any]
"""Status, headers, body: JSON, or None to hang up without a word."""


class Server(ThreadingHTTPServer):
    """Counts requests and answers each as `behave(number of the request, its body)` says."""

    daemon_threads = True

    def __init__(self, behave: Callable[[int, dict[str, Any]], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.lock = threading.Lock()
        self.bodies: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that have hung up are no news."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body["path"] = self.path
        body["key"] = self.headers["Authorization"]
        with self.server.lock:
            number = len(self.server.bodies)
            self.server.bodies.append(body)
        status, headers, answer = self.server.behave(number, body)
        if answer is None:
            self.connection.close()
            return
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""


def text_reply(body: dict[str, Any]) -> Reply:
    """A program that depends on the request's prompt and seed alone."""
    program = f"def solve(x):\n    return {len(body['prompt'])}, {body['seed']}\n"
    choice = {"index": 0, "text": program, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
    head = {"id": "1", "object": "text_completion", "created": 0, "model": body["model"]}
    return 200, {}, head | {"choices": [choice], "usage": usage}


@contextmanager
def serving(behave: Callable[[int, dict[str, Any]], Reply]) -> Iterator[Server]:
    server = Server(behave)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def words(url: str, out: Path, *more: str) -> list[str]:
    settings = {"base_url": url, "timeout_s": "5", "concurrency": "3", "max_retries": "2"}
    endpoint = [f"endpoint.{name}={value}" for name, value in settings.items()]
    fixed = ["generate", DATA, "--model", "m", "--out", str(out)]
    return [*fixed, "--num-samples", str(NUM_SAMPLES), *endpoint, *more]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def refusal(status: int, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, {"error": {"message": "no", "type": "x"}}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file that a server without a fault gives."""
    out = tmp_path_factory.mktemp("expected") / "programs.jsonl"
    with serving(lambda _, body: text_reply(body)) as server:
        assert main(words(server.url, out)) == 0
    return out.read_bytes()


def test_a_server_completes_code_that_the_program_begins_with(tmp_path: Path) -> None:
    prompt = 'def f(x):\n    """Add one."""\n'
    row = {"task_id": "H/0", "prompt": prompt, "entry_point": "f", "test": ""}
    data, out = tmp_path / "humaneval.jsonl", tmp_path / "programs.jsonl"
    data.write_text(json.dumps({**row, "canonical_solution": "    return x + 1"}))

    def reply(_: int, body: dict[str, Any]) -> Reply:
        status, headers, answer = text_reply(body)
        answer["choices"][0]["text"] = "\n    return x + 1\n\nprint(f(1))\n"
        return status, headers, answer

    with serving(reply) as server:
        asked = words(server.url, out, "--prompt-form", "completion", "--num-samples", "1")
        assert main(["generate", f"humaneval:{data}", *asked[2:]]) == 0
    assert [body["prompt"] for body in server.bodies] == [prompt.rstrip()]
    assert lines(out)[0]["program"] == f"{prompt}    return x + 1\n"


def test_every_sample_has_its_own_seed_and_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "secret")

    def slow_first(number: int, body: dict[str, Any]) -> Reply:
        time.sleep(0.3 if number == 0 else 0)  # so that later ones arrive before it
        return text_reply(body)

    out = tmp_path / "programs.jsonl"
    with serving(slow_first) as server:
        assert main(words(server.url, out, "endpoint.api_key_env=MY_KEY", "--top-p", "0.5")) == 0
    assert [(r["problem_id"][-1], r["sample"]) for r in lines(out)] == [
        (str(p), s) for p in range(NUM_PROBLEMS) for s in range(NUM_SAMPLES)
    ]
    assert len({body["seed"] for body in server.bodies}) == ALL
    first = server.bodies[0]
    assert first["path"] == "/v1/completions"
    assert first["key"] == "Bearer secret"
    assert (first["temperature"], first["top_p"], first["max_tokens"]) == (0.6, 0.5, 512)
    assert first["prompt"].endswith("ANSWER:\n")
    assert {row["stop"] for row in lines(out)} == {"eos"}
    assert {row["num_tokens"] for row in lines(out)} == {9}
    assert [path.name for path in tmp_path.iterdir()] == ["programs.jsonl"]


def test_chat_answers_are_freed_of_their_talk(tmp_path: Path) -> None:
    def chat(_: int, body: dict[str, Any]) -> Reply:
        message = {"role": "assistant", "content": "Sure:\n```python\nx = 1\n```\nBye."}
        choice = {"index": 0, "message": message, "finish_reason": "length"}
        head = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"]}
        return 200, {}, head | {"choices": [choice]}

    out = tmp_path / "programs.jsonl"
    with serving(chat) as server:
        assert main(words(server.url, out, "endpoint.api=chat")) == 0
    assert server.bodies[0]["path"] == "/v1/chat/completions"
    assert server.bodies[0]["messages"][0]["content"].endswith("ANSWER:\n")
    assert {(row["program"], row["stop"]) for row in lines(out)} == {("x = 1\n", "length")}
    assert all("num_tokens" not in row for row in lines(out))


@pytest.mark.parametrize(
    "fault",
    [
        refusal(429, Retry_After="1"),
        refusal(500),
        refusal(503),
        (200, {}, None),
    ],
    ids=["rate limit", "500", "503", "hang up"],
)
def test_passing_faults_are_tried_again(tmp_path: Path, fault: Reply, expected: bytes) -> None:
    """The first three requests, which are under way together, fail once each."""
    times: list[float] = []

    def behave(number: int, body: dict[str, Any]) -> Reply:
        times.append(time.monotonic())
        return fault if number < 3 else text_reply(body)

    out = tmp_path / "programs.jsonl"
    with serving(behave) as server:
        assert main(words(server.url, out)) == 0
    assert out.read_bytes() == expected
    assert len(server.bodies) == ALL + 3
    if fault[0] == 429:
        assert min(times[3:]) - min(times[:3]) >= 0.95  # Retry-After says one second


def test_a_request_without_an_answer_times_out_and_is_tried_again(
    tmp_path: Path, expected: bytes
) -> None:
    def behave(number: int, body: dict[str, Any]) -> Reply:
        time.sleep(4 if number == 0 else 0)
        return text_reply(body)

    out = tmp_path / "programs.jsonl"
    with serving(behave) as server:
        assert main(words(server.url, out, "endpoint.timeout_s=1")) == 0
    assert out.read_bytes() == expected


def test_refusals_in_a_row_are_no_lost_server_if_it_takes_others(tmp_path: Path) -> None:
    """The last eight requests are refused, which is more than run at a time."""
    out = tmp_path / "programs.jsonl"
    with serving(lambda n, body: text_reply(body) if n < 4 else refusal(400)) as server:
        assert main(words(server.url, out)) == 1
    assert len(server.bodies) == ALL
    assert len(lines(tmp_path / "programs.jsonl.partial")) == 4


def test_a_server_that_refuses_everything_is_asked_no_further(tmp_path: Path) -> None:
    with serving(lambda *_: refusal(400)) as server:
        assert main(words(server.url, tmp_path / "programs.jsonl")) == 1
    assert len(server.bodies) < ALL


def test_a_partial_failure_keeps_the_rest_and_the_same_command_goes_on(
    tmp_path: Path, expected: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """One prompt is refused for good, as one that is too long is; then the server is mended."""
    seen: Counter[int] = Counter()

    def refuse_some(_: int, body: dict[str, Any]) -> Reply:
        seen[body["seed"]] += 1
        return refusal(400) if body["seed"] % 3 == 0 else text_reply(body)

    out = tmp_path / "programs.jsonl"
    with serving(refuse_some) as server:
        assert main(words(server.url, out)) == 1
    num_refused = sum(seed % 3 == 0 for seed in seen)
    assert 0 < num_refused < ALL
    assert max(seen.values()) == 1  # 400 is not tried again
    kept = tmp_path / "programs.jsonl.partial"
    assert len(lines(kept)) == ALL - num_refused
    (line,) = [row for row in capsys.readouterr().err.splitlines() if row.startswith("coderl: ")]
    assert f"{num_refused} of {ALL} programs are missing" in line
    assert "goes on" in line
    with serving(lambda _, body: text_reply(body)) as server:
        assert main(words(server.url, out)) == 0
    assert len(server.bodies) == num_refused
    assert out.read_bytes() == expected
    assert [path.name for path in tmp_path.iterdir()] == ["programs.jsonl"]


def test_a_killed_server_costs_no_finished_sample(
    tmp_path: Path, expected: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server is a process, killed after a few answers; another one takes its place."""
    code = (
        "import importlib.util, os, sys\n"
        f"spec = importlib.util.spec_from_file_location('server', {__file__!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "def behave(number, body):\n"
        "    if number == 5: os.kill(os.getpid(), 9)\n"
        "    return module.text_reply(body)\n"
        "server = module.Server(behave)\n"
        "print(server.url, flush=True)\n"
        "server.serve_forever()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    out = tmp_path / "programs.jsonl"
    assert main(words(url, out)) == 1
    assert process.wait() == -9
    process.stdout.close()
    kept = len(lines(tmp_path / "programs.jsonl.partial"))
    assert 0 < kept <= 5
    assert "goes on" in capsys.readouterr().err
    with serving(lambda _, body: text_reply(body)) as server:
        assert main(words(server.url, out)) == 0
    assert len(server.bodies) == ALL - kept
    assert out.read_bytes() == expected


@pytest.mark.parametrize("answer", [b"<html>", {"choices": []}, {"detail": "?"}])
def test_a_server_of_another_kind_ends_in_one_line(
    tmp_path: Path, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "programs.jsonl"
    with serving(lambda *_: (200, {"Content-Type": "application/json"}, answer)) as server:
        assert main(words(server.url, out)) == 1
    assert len(server.bodies) < ALL  # it gives up once three in a row have failed
    assert capsys.readouterr().err.count("coderl: ") == 1


@pytest.mark.parametrize(
    "word, part",
    [
        ("endpoint.base_url=localhost", "base_url: got 'localhost'"),
        ("endpoint.concurrency=0", "concurrency: got 0"),
        ("endpoint.timeout_s=0", "timeout_s: got 0"),
        ("strategy=critic-sampling", "a server samples plainly only"),
    ],
)
def test_settings_out_of_range_are_refused(
    tmp_path: Path, word: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words("http://127.0.0.1:9/v1", tmp_path / "out", word)) == 2
    assert part in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
