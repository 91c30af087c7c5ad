"""A model behind a server as the writer of puzzles: what it writes, and what its death costs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from coderl import config
from coderl.cli import main
from coderl.endpoints.settings import EndpointConfig
from coderl.errors import ConfigError, RunError
from coderl.puzzles.settings import Config, GenerateConfig, SolveConfig, WriterConfig
from coderl.puzzles.stages import Stages
from coderl.verbs import self_teach
from envs.sources import read

pytest.importorskip("openai")

SEEDS = read("bundled:puzzles?split=train&limit=3")


class Server(ThreadingHTTPServer):
    """Continues every prompt with a puzzle of its seed; dead while `left` is 0."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[dict[str, Any]] = []
        self.left = 10**9


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.server.left:
            self.connection.close()
            return
        self.server.left -= 1
        self.server.bodies.append(body)
        text = f"x: int):\n    return x * 7 == {7 * body['seed']}\n\nassert True"
        if "def g6(" in body["prompt"]:
            text = "\n    return 1\n\nassert f6(g6())"
        choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
        head = {"id": "1", "object": "text_completion", "created": 0, "model": body["model"]}
        content = json.dumps(head | {"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def stages_of(out: Path, server: Server) -> Stages:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    served = WriterConfig(
        model="large", endpoint=EndpointConfig(base_url=url, concurrency=1, max_retries=0)
    )
    settings = Config(
        out=out,
        generate=GenerateConfig(
            writer=served, prompting="few_shot", num_puzzles=6, samples_per_prompt=2
        ),
        solve=SolveConfig(writer=served, num_attempts=2, puzzles_per_batch=1),
        workers=1,
    )
    return Stages(settings, SEEDS, [], 0)


def test_an_endpoint_that_dies_loses_a_batch_and_no_more(tmp_path: Path, server: Server) -> None:
    straight = stages_of(tmp_path / "straight", server)
    assert straight.generate()["texts"] == 6
    asked = [body["seed"] for body in server.bodies]
    server.bodies.clear()

    stopped = stages_of(tmp_path / "stopped", server)
    server.left = 3  # the second batch is cut in two
    with pytest.raises(RunError, match=r"1 of 2 texts of a batch are missing: http://127\.0\.0\.1"):
        stopped.generate()
    assert not stopped.places.candidates.exists()
    server.left = 10**9
    assert stopped.generate() == straight.generate()
    assert stopped.places.candidates.read_bytes() == straight.places.candidates.read_bytes()
    # The first batch is not asked for again.
    assert [body["seed"] for body in server.bodies] == asked[:3] + asked[2:]


def test_the_command_ends_with_a_line_and_goes_on(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    command = ["self-teach", "data=bundled:puzzles?split=train&limit=20", f"out={tmp_path}"]
    command += ["heldout=bundled:puzzles?split=heldout&limit=2", "base_steps=1", "workers=1"]
    command += ["generate.num_puzzles=4", "generate.samples_per_prompt=2", "solve.num_attempts=2"]
    command += ["fine_tune.num_steps=1", "held_out.num_attempts=1", "arms=[verified]"]
    for stage in ("generate", "solve"):
        command += [f"{stage}.writer.model=large", f"{stage}.writer.endpoint.base_url={url}"]
        command += [f"{stage}.writer.endpoint.max_retries=0"]
    server.left = 3
    assert main(command) == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("coderl: 1 of 2 texts of a batch are missing: ")
    assert message.endswith("the same command goes on with this batch")
    server.left = 10**9
    assert main(command) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["stage"] == "held-out-verified"
    assert lines[1]["texts"] == 4


def test_who_writes_is_said_and_stops_are_sent(tmp_path: Path, server: Server) -> None:
    stages = stages_of(tmp_path, server)
    made = stages.generate()
    assert (made["texts"], made["different"], made["tokens"]) == (6, 6, 54)
    assert stages.filter()["kept"] == 6
    assert stages.solve() == {"puzzles": 6, "attempts": 12, "tokens": 108}
    puzzle = stages._puzzles()[0]
    note = puzzle.meta["provenance"]
    assert isinstance(note, dict)
    assert note["model"] == "large"
    target = 7 * server.bodies[0]["seed"]
    assert puzzle.statement == f"def sat(x: int):\n    return x * 7 == {target}"
    assert all("\ndef " in body["stop"] for body in server.bodies)
    assert stages.judge()["correct"] == 0


@pytest.mark.parametrize(
    "words, message",
    [
        (["generate.writer.endpoint.base_url=http://a/v1"], "model: got null"),
        (
            [
                "solve.writer.model=a",
                "solve.writer.endpoint.base_url=http://a/v1",
                "solve.writer.endpoint.api=chat",
            ],
            "endpoint.api: got chat; expected completions",
        ),
    ],
)
def test_endpoints_that_cannot_be_asked(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load(self_teach.Config, words)
