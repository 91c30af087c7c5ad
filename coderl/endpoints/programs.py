"""The programs that a served model writes for problems: kept as they arrive, sorted at the end.

A line that is there is never asked for again, so a server may die at any time: the same command
goes on with what is missing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from coderl.adapters.completions import program_of
from coderl.endpoints.client import Endpoint, EndpointError, Text, TextRequest
from coderl.errors import RunError
from coderl.prompts import PromptForm, build_prompt, program_text
from coderl.runs.partial import PartialFile
from coderl.runs.progress import Progress
from coderl.runs.seeds import derive
from coderl.sampling.settings import SamplingConfig
from envs import Problem
from envs.records import ProgramRecord, program_line

logger = logging.getLogger(__name__)


def write_programs(
    file: PartialFile,
    endpoint: Endpoint,
    problems: Sequence[Problem],
    *,
    num_samples: int,
    sampling: SamplingConfig,
    max_new_tokens: int,
    seed: int,
    chat: bool,
    form: PromptForm = "default",
) -> None:
    """Fill the file with `num_samples` programs a problem and finish it.

    Args:
        file: Its lines may be of an earlier start, in any order.
        endpoint: The model.
        problems: In the order of the finished file.
        num_samples: Programs a problem.
        sampling: Temperature and nucleus.
        max_new_tokens: Of one program.
        seed: Each program has one of its own, made of this, its problem and its number.
        chat: True if answers are talk around a whole program.
        form: How problems are put to the model.

    Raises:
        RunError: If requests failed for good; what was written is kept.
    """
    done = {_key(line) for line in file.lines()}
    wanted = [(p, sample) for p in problems for sample in range(num_samples)]
    todo = [(p, sample) for p, sample in wanted if (p.id, sample) not in done]
    if done:
        logger.info("%s: resuming after %d programs", file.path, len(done))
    requests = [
        TextRequest(
            prompt=build_prompt(problem, form).text,
            seed=derive(seed, problem.id, sample) % 2**31,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_new_tokens=max_new_tokens,
        )
        for problem, sample in todo
    ]
    num_written = 0
    failure: EndpointError | None = None
    with Progress(len(wanted), "programs", done=len(done)) as bar:
        for number, result in endpoint.each(requests):
            if isinstance(result, EndpointError):
                failure = failure or result
                continue
            problem, sample = todo[number]
            program = program_of(result.text) if chat else program_text(problem, result.text, form)
            file.write(program_line(_record(problem, sample, program, result)))
            num_written += 1
            bar.advance()
    if failure is not None:
        missing = len(todo) - num_written
        raise RunError(
            f"{missing} of {len(wanted)} programs are missing: {failure}; {file.path} keeps the "
            "others, and the same command goes on from there"
        ) from failure
    place = {(p.id, sample): index for index, (p, sample) in enumerate(wanted)}
    file.finish(sort_by=lambda line: place[_key(line)])


def _record(problem: Problem, sample: int, program: str, text: Text) -> ProgramRecord:
    extra: dict[str, object] = {"stop": text.stop}
    if text.num_tokens is not None:
        extra["num_tokens"] = text.num_tokens
    return ProgramRecord(problem_id=problem.id, program=program, sample=sample, extra=extra)


def _key(line: bytes) -> tuple[str, int]:
    row = json.loads(line)
    return row["problem_id"], row["sample"]
