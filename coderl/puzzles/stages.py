"""The stages of one iteration: each reads files and writes files, and can be stopped anywhere.

A stage is done when its line of numbers is written. What it draws depends on the run's seed, the
iteration and the number of the draw alone, so a run that was killed ends like one that was not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from coderl.puzzles.archive import archive, cell, draw_coverage
from coderl.puzzles.batches import write_in_batches
from coderl.puzzles.build import Solved, gather, num_pairs, statistics, unverified, verified
from coderl.puzzles.filter import read_candidate, refusals
from coderl.puzzles.gates import gate_refusals
from coderl.puzzles.generate import write_puzzles
from coderl.puzzles.heldout import attempt_heldout, pass_rates
from coderl.puzzles.models import base_model, load, train
from coderl.puzzles.places import Places
from coderl.puzzles.puzzle import Candidate, Seen, as_problem
from coderl.puzzles.release_files import write_new_style, write_text
from coderl.puzzles.settings import Arm, Config, WriterConfig
from coderl.puzzles.solve import attempt, judge_attempts
from coderl.puzzles.writers import Writer, writer
from coderl.rollout import Rollout, to_record
from coderl.runs import atomic
from coderl.runs.partial import digest
from coderl.runs.seeds import derive
from coderl.sampling.settings import SamplingConfig
from envs import Problem
from envs.judge import Judge
from envs.limits import Limits
from envs.puzzle_signature import Signature
from envs.records import program_line, read_programs, read_verdicts, verdict_line
from envs.sources import problem_line
from envs.sources.jsonl import read_problems
from envs.sources.lines import dump_line, read_rows

HASH_SEEDS = (0, 1, 2)
"""Of the judges: what is true has to be true under each."""
_BATCH = 64
"""Candidates filtered, or programs judged, between two lines from which a run can go on."""

Numbers = Mapping[str, object]


class Stages:
    """The work of one iteration."""

    def __init__(
        self,
        config: Config,
        seeds: Sequence[Problem],
        heldout: Sequence[Problem],
        iteration: int,
    ) -> None:
        """Know the places; load nothing yet."""
        self.config, self.seeds, self.heldout = config, seeds, heldout
        self.places = Places(root=config.out, iteration=iteration)
        self.seed = derive(config.seed, "iteration", iteration)

    @property
    def teacher(self) -> Path:
        """The model that writes and solves puzzles: the best of the iteration before."""
        places = self.places
        return places.before().model("verified") if places.iteration else places.model("none")

    def base(self) -> Numbers:
        """Make the base model: trained on the seed puzzles, or taken as it is."""
        base_model(self.config, self.seeds, self.places.model("none"))
        return {"puzzles": len(self.seeds), "pairs": num_pairs(self.seeds)}

    def generate(self) -> Numbers:
        """Have the teacher write puzzles."""
        config = self.config.generate
        num_prompts = -(-config.num_puzzles // config.samples_per_prompt)
        with self._writer(config.writer) as (name, writer):
            write_in_batches(
                self.places.candidates,
                range(num_prompts),
                lambda batch: [
                    dump_line({"text": c.text, "provenance": dict(c.provenance)})
                    for number in batch
                    for c in write_puzzles(
                        writer,
                        self.seeds,
                        config,
                        batch=number,
                        seed=self.seed,
                        model=name,
                        iteration=self.places.iteration,
                    )
                ],
                size=1,
                lines_an_item=config.samples_per_prompt,
                made_of={"seed": self.seed, "settings": asdict(config)},
                what="prompts",
            )
        candidates = self._candidates()
        return {
            "texts": len(candidates),
            "different": len({c.text for c in candidates}),
            "characters": sum(len(c.text) for c in candidates),
            "tokens": sum(int(str(c.provenance["num_tokens"])) for c in candidates),
        }

    def filter(self) -> Numbers:
        """Keep what is a sound, new puzzle; count the rest by its reason."""
        candidates = self._candidates()
        known = [*self.seeds, *self._puzzles_before()]
        seen = Seen.of(self.heldout, known, max_per_shape=self.config.filter.max_per_shape)
        early = [self._early_refusal(candidate, seen) for candidate in candidates]
        reasons = self.places.folder / "refusals.jsonl"
        with self._judges() as judges:
            write_in_batches(
                reasons,
                list(zip(candidates, early, strict=True)),
                lambda batch: [
                    dump_line({"refusal": why}) for why in self._refusals(batch, judges)
                ],
                size=_BATCH,
                lines_an_item=1,
                made_of={
                    "candidates": digest(c.text for c in candidates),
                    "settings": [asdict(self.config.filter), asdict(self.config.gates)],
                },
                what="puzzles filtered",
            )
        found = [row.optional_text("refusal") for row in read_rows(reasons)]
        kept = [c for c, why in zip(candidates, found, strict=True) if why is None]
        lines = []
        for number, candidate in enumerate(kept):
            puzzle = as_problem(candidate, f"taught-{self.places.iteration}-{number:06d}")
            assert isinstance(puzzle, Problem), (puzzle, candidate.text)
            lines.append(problem_line(puzzle) + "\n")
        atomic.write_text(self.places.puzzles, "".join(lines))
        counts = Counter(why or "kept" for why in found)
        return {"kept": counts.pop("kept", 0), "refused": dict(sorted(counts.items()))}

    def solve(self) -> Numbers:
        """Have the teacher attempt every puzzle."""
        config = self.config.solve
        puzzles = self._puzzles()
        sampling = SamplingConfig(temperature=config.temperature, top_p=config.top_p)
        note = {
            "iteration": self.places.iteration,
            "temperature": config.temperature,
            "seed": self.seed,
        }
        with self._writer(config.writer) as (name, writer):
            write_in_batches(
                self.places.programs,
                puzzles,
                lambda batch: [
                    _program_line(rollout, {"model": name, **note})
                    for rollout in attempt(
                        writer,
                        batch,
                        num_attempts=config.num_attempts,
                        sampling=sampling,
                        prompting=self.config.generate.prompting,
                        seed=self.seed,
                    )
                ],
                size=config.puzzles_per_batch,
                lines_an_item=config.num_attempts,
                made_of={"puzzles": digest(map(problem_line, puzzles)), "settings": asdict(config)},
                what="puzzles attempted",
            )
        tokens = sum(int(str(r.extra["num_tokens"])) for r in read_programs(self.places.programs))
        return {
            "puzzles": len(puzzles),
            "attempts": len(puzzles) * config.num_attempts,
            "tokens": tokens,
        }

    def judge(self) -> Numbers:
        """Judge every attempt."""
        self._judge(self._puzzles(), self.places.programs, self.places.verdicts)
        return dict(statistics(self._solved()))

    def build(self) -> Numbers:
        """Make the data sets of the arms, and the files of the original."""
        solved, config = self._solved(), self.config.build
        best = archive(solved, config.max_per_cell) if config.max_per_cell else solved
        sets = {"verified": verified(best, config, seed=self.seed)}
        cap = num_pairs(sets["verified"]) if config.unverified_pairs == "equal" else None
        sets["unverified"] = unverified(solved, config, seed=self.seed, max_pairs=cap)
        self._write("verified", sets["verified"])
        self._write("unverified", sets["unverified"])
        self._write("human", [])
        write_new_style(solved, self.places.folder / "puzzles.json")
        write_text(sets["verified"], self.places.folder / "puzzles.txt")
        draw_coverage(self.seeds, sets["verified"], self.places.folder / "coverage.png")
        return {
            "cells": len({cell(puzzle) for puzzle in sets["verified"]}),
            "puzzles": {name: len(puzzles) for name, puzzles in sets.items()},
            "pairs": {name: num_pairs(puzzles) for name, puzzles in sets.items()},
        }

    def fine_tune(self, arm: Arm) -> Numbers:
        """Train the model of an arm."""
        puzzles = [*self.seeds] if self.config.base_steps or arm == "human" else []
        iterations = range(self.places.iteration + 1)
        start = self.places.model("none")
        if self.config.start == "previous" and self.places.iteration:
            iterations = range(self.places.iteration, self.places.iteration + 1)
            start = self.places.before().model(arm)
        for iteration in iterations:
            file = Places(root=self.config.out, iteration=iteration).dataset(arm)
            puzzles += read_problems(str(file))
        num_solutions = num_pairs(puzzles)
        train(self.config, start, puzzles, self.places.model(arm), seed=self.seed)
        return {"arm": arm, "pairs": num_solutions, "steps": self.config.fine_tune.num_steps}

    def held_out(self, arm: Arm) -> Numbers:
        """Have the model of an arm attempt the held-out puzzles, and judge what it wrote."""
        config = self.config.held_out
        programs = self.places.heldout(arm)
        verdicts = programs.with_suffix(".verdicts.jsonl")
        actor = load(self.config, self.places.model(arm))
        # The same for all arms and iterations: they differ in their models alone.
        seed = derive(self.config.seed, "held-out")
        write_in_batches(
            programs,
            self.heldout,
            lambda batch: [
                _program_line(rollout, {"iteration": self.places.iteration, "seed": seed})
                for rollout in attempt_heldout(
                    actor, batch, config, prompting=self.config.generate.prompting, seed=seed
                )
            ],
            size=self.config.solve.puzzles_per_batch,
            lines_an_item=config.num_attempts,
            made_of={"puzzles": digest(map(problem_line, self.heldout)), **asdict(config)},
            what=f"held-out puzzles, {arm}",
        )
        self._judge(self.heldout, programs, verdicts)
        passed = [
            (r.problem_id, None if r.verdict.outcome is None else r.verdict.passed)
            for r in read_verdicts(verdicts)
        ]
        return {"arm": arm, **pass_rates(passed, unbiased=config.schedule == "fixed")}

    def _early_refusal(self, candidate: Candidate, seen: Seen) -> str | None:
        """Why a text is refused without being run."""
        found = read_candidate(candidate.text, self.config.filter)
        if not isinstance(found, Signature):
            return found.value
        problem = as_problem(candidate, "")
        return seen.refusal(candidate.text) if isinstance(problem, Problem) else problem.value

    def _refusals(
        self,
        batch: Sequence[tuple[Candidate, str | None]],
        judges: Callable[[], Sequence[Judge]],
    ) -> list[str | None]:
        sources = [candidate.text for candidate, why in batch if why is None]
        if not sources:
            return [why for _, why in batch]
        reasons: list[str | None] = [
            None if why is None else why.value
            for why in refusals(sources, self.config.filter, judges()[0], seed=self.seed)
        ]
        left = [
            (source, signature)
            for source, why in zip(sources, reasons, strict=True)
            if why is None
            and isinstance(signature := read_candidate(source, self.config.filter), Signature)
        ]
        gates = iter(gate_refusals(left, self.config.gates, judges(), seed=self.seed))
        late = iter([why if why is not None else next(gates) for why in reasons])
        return [why if why is not None else next(late) for _, why in batch]

    def _judge(self, puzzles: Sequence[Problem], programs: Path, verdicts: Path) -> None:
        by_id = {puzzle.id: puzzle for puzzle in puzzles}
        records = list(read_programs(programs))
        with self._judges() as judges:
            write_in_batches(
                verdicts,
                records,
                lambda batch: [
                    verdict_line(record.problem_id, record.sample, verdict)
                    for record, verdict in zip(
                        batch,
                        judge_attempts(
                            [(by_id[record.problem_id], record.program) for record in batch],
                            judges(),
                            deterministic=self.config.gates.non_deterministic,
                        ),
                        strict=True,
                    )
                ],
                size=_BATCH,
                lines_an_item=1,
                made_of={"programs": digest(record.program for record in records)},
                what="attempts judged",
            )

    @contextmanager
    def _writer(self, config: WriterConfig) -> Iterator[tuple[str, Writer]]:
        """Who writes, with the name that the notes say."""
        name = config.model or self.teacher.relative_to(self.config.out).as_posix()
        with writer(config, self.config.actor, self.teacher) as found:
            yield name, found

    @contextmanager
    def _judges(self) -> Iterator[Callable[[], list[Judge]]]:
        """A judge for each seed, started when they are asked for and closed in the end."""
        limits = Limits(cpu_s=self.config.filter.cpu_s)
        with ExitStack() as stack:

            @cache
            def judges() -> list[Judge]:
                return [
                    stack.enter_context(Judge(self.config.workers, limits, seed=seed))
                    for seed in HASH_SEEDS
                ]

            yield judges

    def _write(self, arm: Arm, puzzles: Sequence[Problem]) -> None:
        lines = [problem_line(puzzle) + "\n" for puzzle in puzzles]
        atomic.write_text(self.places.dataset(arm), "".join(lines))

    def _candidates(self) -> list[Candidate]:
        rows = list(read_rows(self.places.candidates))[: self.config.generate.num_puzzles]
        return [Candidate(text=r.text("text"), provenance=r.mapping("provenance")) for r in rows]

    def _puzzles(self) -> list[Problem]:
        return list(read_problems(str(self.places.puzzles)))

    def _puzzles_before(self) -> Iterator[Problem]:
        for iteration in range(self.places.iteration):
            places = Places(root=self.config.out, iteration=iteration)
            yield from read_problems(str(places.puzzles))

    def _solved(self) -> list[Solved]:
        attempts = zip(
            read_programs(self.places.programs), read_verdicts(self.places.verdicts), strict=True
        )
        return gather(
            self._puzzles(),
            (
                (r.problem_id, r.program, None if v.verdict.outcome is None else v.verdict.passed)
                for r, v in attempts
            ),
        )


def _program_line(rollout: Rollout, note: Mapping[str, object]) -> str:
    """A line of programs.jsonl; the note says how the program was drawn."""
    record = to_record(rollout)
    told = {"stop": record.extra["stop"], "num_tokens": len(rollout.completion.token_ids)}
    return program_line(replace(record, extra={**told, **note}))
