"""Every choice of the RL stage on a policy of two tokens, loss and gradient worked out on paper.

The policy is one logit a token: p(a) = p(b) = 1/2 wherever it stands, so that with weights w

    L = log 2 * sum of w        dL / dlogit(b) = - sum of w * ([token is b] - 1/2)

and dL / dlogit(a) is the same with the other sign: the norm of the gradient is sqrt(2) times that.
Ground truth is "ab": its gradient is 0, its loss 1 (token mean) or 2 (sum), in units of log 2.
There is one passing sample, P = "bb" (return 1), and one wrong answer drawn twice, W = "aa" (-0.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor, nn

from coderl import config as configuration
from coderl.actors.actor import Completion, SampleRequest
from coderl.actors.encoder_decoder import EncoderDecoderActor
from coderl.batch import Batch
from coderl.errors import ConfigError
from coderl.prompts import PromptForm
from coderl.rollout import Rollout
from coderl.training.objectives import FIXED, needs_critic, with_objective
from coderl.training.presets import preset
from coderl.training.reinforce import reinforce
from coderl.training.settings import CriticConfig, OptimConfig, ReinforceConfig
from coderl.verbs import train_actor
from critics.outcome_critic import OutcomeCritic, T5OutcomeCritic
from envs import Kind, Measured, Problem, Status, Verdict
from envs.judge import Judge
from envs.problem import CallCase
from rewards.outcome import OutcomeReturns

PROBLEM = Problem(
    id="p",
    statement="p",
    kind=Kind.CALL,
    tests=(CallCase(args=(), expected=0),),
    entry_point="f",
    solutions=("ab",),
)
STEP = OptimConfig(lr=0.1, schedule="constant", batch_size=1, max_grad_norm=99.0)
PLAIN = ReinforceConfig(
    token_weights="uniform",
    num_rounds=1,
    steps_per_round=1,
    drop_duplicates=False,
    drop_zero_advantage=False,
    replay=False,
    separate_failing=False,
    negative_weight=1.0,
    logprob_floor=None,
    rl_batch_size=3,
    optim=STEP,
)
"""No guard, no filter: 1 for the ground truth, (2 * 1 - 4 * 0.3) / 6 for the samples."""


class Coin(nn.Module):
    """Two logits, as the embedding of the one token there is to read."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Embedding(1, 2)
        nn.init.zeros_(self.logits.weight)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.logits


class CoinActor:
    """An actor over `Coin`, whose greedy program is empty: it does not compile."""

    pad_id = 0
    prompt_form: PromptForm = "default"

    def __init__(self) -> None:
        self.module: Any = Coin()

    def sample(
        self,
        requests: Sequence[SampleRequest],
        *,
        temperature: float,
        top_p: float = 1.0,
        top_k: int = 0,
    ) -> list[Completion]:
        empty = Completion(token_ids=(0,), logprobs=(log(0.5),), text="", stop="eos")
        return [empty] * len(requests)

    def logprobs(self, batch: Batch) -> Tensor:
        logprobs_V = self.module.logits.weight[0].log_softmax(-1)
        return logprobs_V[batch.token_ids_BT].masked_fill(~batch.mask_BT, 0.0)

    def encode_prompt(self, prompt: object) -> tuple[int, ...]:
        return (0,)

    def encode_program(self, program: str) -> tuple[int, ...]:
        return tuple("ab".index(letter) for letter in program)

    def decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        return ["".join("ab"[i] for i in row) for row in rows]

    def save(self, folder: Path) -> None:
        raise AssertionError


def sample(
    text: str, status: Status, logprobs: tuple[float, ...] = (), error_line: int | None = None
) -> Rollout:
    return Rollout(
        problem=PROBLEM,
        sample=0,
        completion=Completion(
            token_ids=tuple("ab".index(letter) for letter in text),
            logprobs=logprobs,
            text=text,
            stop="length",
        ),
        verdict=Verdict(
            status=status,
            error_line=error_line,
            measured=Measured(wall_s=0.0, cpu_s=0.0, max_rss_mb=0.0),
        ),
    )


PWW = [
    sample("bb", Status.PASSED),
    sample("aa", Status.WRONG_ANSWER),
    sample("aa", Status.WRONG_ANSWER),
]


@dataclass(frozen=True, kw_only=True)
class Step:
    """Losses of all steps in units of log 2; of the last, the gradient of the logit of b."""

    losses: list[float]
    gradient: float


@pytest.fixture(scope="module")
def critic(
    make_actor: Callable[..., EncoderDecoderActor], tmp_path_factory: pytest.TempPathFactory
) -> OutcomeCritic:
    """One that gives every outcome 1/4, whatever it reads."""
    folder = tmp_path_factory.mktemp("critic")
    make_actor().save(folder)
    unsure: OutcomeCritic = T5OutcomeCritic.from_pretrained(folder, num_labels=4)
    for parameter in unsure.head.parameters():
        nn.init.zeros_(parameter)
    return unsure.eval()


@pytest.fixture
def take(judge: Judge, critic: OutcomeCritic) -> Callable[..., Step]:
    """Takes the steps of one round on given samples."""

    def run(
        config: ReinforceConfig, objective: Any = "ce_rl", samples: Sequence[Rollout] = PWW
    ) -> Step:
        actor, losses, norms = CoinActor(), [], []

        def on_step(step: int, metrics: dict[str, float]) -> None:
            losses.append(metrics["loss"] / log(2))
            norms.append(metrics["grad_norm"])

        reinforce(
            actor,
            critic,
            [PROBLEM],
            config,
            CriticConfig(refresh_steps=0),
            objective=objective,
            judge=judge,
            reward=OutcomeReturns(),
            seed=0,
            first=samples,
            on_step=on_step,
        )
        falls = actor.module.logits.weight[0, 1].item() < 0  # descent goes against the gradient
        return Step(losses=losses, gradient=norms[-1] / sqrt(2) * (1 if falls else -1))

    return run


Take = Callable[..., Step]


def check(found: Step, loss: float, gradient: float) -> None:
    assert found.losses == [pytest.approx(loss, abs=1e-5)]
    assert found.gradient == pytest.approx(gradient, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "loss", "gradient"),
    [
        # P: -(1/6) * 1/2 * 2 = -1/6. W, four tokens: -(-.3/6) * (-1/2) * 4 = -.1.
        ({}, 1 + 0.8 / 6, -1 / 6 - 0.1),
        ({"ce_weight": 0.5}, 0.5 + 0.8 / 6, -1 / 6 - 0.1),
        ({"rl_weight": 2.0}, 1 + 1.6 / 6, -2 / 6 - 0.2),
        ({"rl_weight": 0.0}, 1, 0),
        ({"normalization": "sequence_mean"}, 1 + 0.8 / 6, -1 / 6 - 0.1),  # all of length 2
        ({"normalization": "sequence_sum"}, 2 + 0.8 / 3, -1 / 3 - 0.2),
        ({"negative_weight": 0.5}, 1 + 1.4 / 6, -1 / 6 - 0.05),
        # log 1/2 is below the floor: W is not pushed further.
        ({"logprob_floor": -0.5}, 1 + 2 / 6, -1 / 6),
        ({"logprob_floor": -1.0}, 1 + 0.8 / 6, -1 / 6 - 0.1),
        # One W is left: four tokens.
        ({"drop_duplicates": True, "rl_batch_size": 2}, 1 + 1.4 / 4, -1 / 4 - 0.3 / 4),
        # P by itself: 1. W by itself: -.3.
        (
            {"separate_failing": True, "rl_batch_size": 1, "negative_batch_size": 2},
            1 + 1 - 0.3,
            -0.5 - 0.15,
        ),
        # The greedy program does not compile: advantages 2 and .7.
        ({"baseline": "greedy"}, 1 + (4 + 2.8) / 6, -2 / 6 + 1.4 / 6),
        # Mean .4/3: advantages 2.6/3 and -1.3/3, which add up to 0.
        ({"baseline": "group_mean"}, 1, -2.6 / 18 - 2.6 / 18),
        # Times 3/2.
        ({"baseline": "group_mean", "group_scale": "leave_one_out"}, 1, -1.3 / 3),
        # Squares 6.76/9 and twice 1.69/9, their mean 10.14/27.
        (
            {"baseline": "group_mean", "group_scale": "std"},
            1,
            -5.2 / 18 / sqrt(10.14 / 27),
        ),
        # Outcomes 2 and 3 occurred, each 1/4 likely: the critic expects (1 - .3) / 2 = .35.
        ({"baseline": "critic"}, 1 + (1.3 - 2.6) / 6, -0.65 / 6 - 1.3 / 6),
        # Against its next value, which is the same, the first token of two has no advantage.
        ({"baseline": "critic", "gae_lambda": 0.0}, 1 + (0.65 - 1.3) / 6, -0.325 / 6 - 0.65 / 6),
        ({"token_weights": "critic"}, 1 + 0.8 / 6, -1 / 6 - 0.1),
        ({"token_weights": "critic", "score_scale": "raw"}, 1 + 0.2 / 6, -1 / 24 - 0.025),
        # Scores 1 and 1/2: P 1.5, W -.3 * 1.5, twice.
        ({"token_weights": "linear_decay", "score_scale": "raw"}, 1 + 0.6 / 6, -0.125 - 0.075),
        ({"token_weights": "linear_decay"}, 1 + 0.8 / 6, -1 / 6 - 0.1),
        # What was sampled by this very actor has a ratio of 1 and no divergence from its start.
        ({"importance": "clipped"}, 1 + 0.8 / 6, -1 / 6 - 0.1),
        ({"kl_weight": 0.5}, 1 + 0.8 / 6, -1 / 6 - 0.1),
    ],
)
def test_a_choice_changes_loss_and_gradient_as_on_paper(
    take: Take, changes: dict[str, Any], loss: float, gradient: float
) -> None:
    check(take(replace(PLAIN, **changes)), loss, gradient)


@pytest.mark.parametrize(
    ("objective", "loss", "gradient"),
    [
        # All three count as ground truth: 1. P: -(1/6), W: +(1/6) * 2.
        ("ce_with_samples", 2, 1 / 6),
        ("rl_only", 0.8 / 6, -1 / 6 - 0.1),
        # P alone: -(1/2) * 1/2 * 2.
        ("rft", 2, -0.5),
        # Sums, over three programs, of advantages 1.3 and -.65.
        ("rloo", 0, -1.3 / 3 - 1.3 / 3),
        ("grpo", 0, -5.2 / 18 / sqrt(10.14 / 27)),
        ("ppo", (1.3 - 2.6) / 6, -0.65 / 6 - 1.3 / 6),
    ],
)
def test_objectives_on_paper(take: Take, objective: str, loss: float, gradient: float) -> None:
    check(take(PLAIN, objective), loss, gradient)


def test_an_objective_overrides_what_would_make_it_another() -> None:
    guarded = replace(ReinforceConfig(), baseline="group_mean", group_scale="std")
    assert with_objective(guarded, "ce_rl") == guarded
    assert with_objective(guarded, "rft").group_scale == "none"
    for objective in FIXED:
        for key, value in FIXED[objective].items():
            assert getattr(with_objective(guarded, objective), key) == value


def test_rejection_fine_tuning_gives_failing_programs_no_weight(take: Take) -> None:
    # With a weight for negatives W would pull too: batches of its own, no floor under it.
    config = replace(
        PLAIN, separate_failing=True, negative_weight=0.7, rl_batch_size=1, negative_batch_size=2
    )
    check(take(config, "rft"), 2, -0.5)
    check(take(config, "ce_rl"), 2 - 0.21, -0.5 - 0.105)


def test_only_who_asks_a_critic_needs_one() -> None:
    by_critic = ReinforceConfig(token_weights="critic")
    uniform = ReinforceConfig(token_weights="uniform")
    assert needs_critic(by_critic, "ce_rl")
    assert needs_critic(replace(uniform, baseline="critic"), "ce_rl")
    assert needs_critic(uniform, "ppo")
    for config, objective in (
        (uniform, "ce_rl"),
        (by_critic, "ce"),
        (by_critic, "rft"),
        (by_critic, "grpo"),
        (replace(by_critic, rl_weight=0.0), "ce_rl"),
    ):
        assert not needs_critic(config, objective)  # type: ignore[arg-type]


def test_a_program_that_the_judge_failed_on_changes_nothing(take: Take) -> None:
    lost = sample("ab", Status.JUDGE_ERROR)
    for config in (PLAIN, replace(PLAIN, baseline="group_mean"), replace(PLAIN, baseline="critic")):
        assert take(config, samples=[*PWW, lost]) == take(config)


def test_stale_samples_are_corrected_up_to_the_clip(take: Take) -> None:
    # Sampled with probability .3 each, now .5: ratio 5/3. P has left the range on the side that
    # it is pushed to; W is pushed back, with 5/3 of its weight: -.3 * 5/3 * 4 / 6 = -1/3.
    stale = [replace(r, completion=replace(r.completion, logprobs=(log(0.3),) * 2)) for r in PWW]
    check(take(replace(PLAIN, importance="clipped"), samples=stale), 1 - 1 / 3, -1 / 6)
    # With more room P counts as much more: 2 * 5/3 / 6.
    wide = replace(PLAIN, importance="clipped", clip_range=1.0)
    check(take(wide, samples=stale), 1 + 10 / 18 - 1 / 3, -5 / 18 - 1 / 6)
    check(take(PLAIN, samples=stale), 1 + 0.8 / 6, -1 / 6 - 0.1)


def test_programs_without_an_advantage_count_as_tokens_unless_they_are_left_out(
    take: Take,
) -> None:
    # Neither the greedy program nor C compiles: 0 for C, 2 for P, over the tokens of both or of P.
    samples = [PWW[0], sample("aa", Status.COMPILE_ERROR)]
    relative = replace(PLAIN, baseline="greedy", rl_batch_size=2)
    check(take(relative, samples=samples), 1 + 4 / 4, -0.5)
    dropped = replace(relative, drop_zero_advantage=True, rl_batch_size=1)
    check(take(dropped, samples=samples), 1 + 4 / 2, -1)


def test_what_the_reference_finds_unlikely_earns_less(take: Take) -> None:
    # P was sampled with probability 1 a token, the reference gives it 1/2: .5 * log 2 off.
    certain = [replace(PWW[0], completion=replace(PWW[0].completion, logprobs=(0.0, 0.0)))]
    config = replace(PLAIN, kl_weight=0.5, rl_batch_size=1)
    worth = 1 - 0.5 * log(2)
    check(take(config, samples=certain), 1 + worth, -worth / 2)


def test_execution_blames_the_line_that_failed(take: Take) -> None:
    # One line, so both tokens are on it: as uniform. Without a line too.
    crashed = [sample("aa", Status.RUNTIME_ERROR, error_line=1)]
    config = replace(PLAIN, token_weights="execution", rl_batch_size=1)
    check(take(config, samples=crashed), 1 - 0.6, -0.3)
    check(take(config, samples=[PWW[0]]), 2, -0.5)


@pytest.mark.parametrize("turns", [1, 2, 4])
def test_alternating_losses_take_turns(take: Take, turns: int) -> None:
    config = replace(PLAIN, mixing="alternating", turns_per_step=turns, steps_per_round=2)
    still = replace(config, optim=replace(STEP, lr=1e-9))
    truth, samples = 1.0, 0.8 / 6
    expected = [truth, samples] if turns == 1 else [(truth + samples) / 2] * 2
    assert take(still).losses == pytest.approx(expected, abs=1e-5)


def test_the_released_code_skips_half_of_the_samples(take: Take) -> None:
    # Turns of one program: of every two that are drawn, the one of the even turn is dropped.
    config = replace(
        PLAIN, mixing="alternating", rl_batch_size=1, steps_per_round=48, ce_weight=0.0
    )
    losses = take(replace(config, optim=replace(STEP, lr=1e-9))).losses
    assert losses[::2] == [0.0] * 24
    assert {round(loss, 4) for loss in losses[1::2]} == {1.0, -0.3}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"group_scale": "std"}, "group_scale: got std"),
        ({"gae_lambda": 1.5}, "gae_lambda: got 1.5; expected 0 to 1"),
        ({"clip_range": -0.1}, "clip_range: got -0.1"),
        ({"turns_per_step": 0}, "turns_per_step: got 0"),
        ({"kl_weight": -1.0}, "kl_weight: got -1"),
        ({"ce_weight": -1.0}, "ce_weight: got -1"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReinforceConfig(**settings)


def test_the_presets_on_paper(take: Take) -> None:
    # Without what one step does not show: further rounds, rise and decay of the learning rate.
    steady: dict[str, Any] = {"num_rounds": 1, "steps_per_round": 1, "optim": STEP}
    # Default. Critic's 1/4 scaled to 1, absolute returns, W once with .05 of its weight:
    # 1 + 1 - .015; P: -(1/2) * 1/2 * 2, W: +(-.015/2) * 1/2 * 2.
    default = replace(ReinforceConfig(), **steady, rl_batch_size=1, negative_batch_size=1)
    check(take(default), 1 + 1 - 0.015, -0.5 - 0.0075)
    # The paper. Sums over tokens: 2. Returns relative to the greedy program's -1, times 1/4, the
    # mean of three programs: (2 * 2 / 4 + 4 * .7 / 4) / 3.
    faithful = replace(preset("faithful"), **steady, rl_batch_size=3)
    check(take(faithful), 2 + (1 + 0.7) / 3, -0.5 / 3 + 0.35 / 3)
    # The release. Four turns of one program: 1, then .7 / 4, again 1, then .7 / 4; the mean.
    # Each W: +(.175 / 2 / 4) * 1/2 * 2.
    release = replace(preset("paper_code"), **steady)
    check(take(release, samples=PWW[1:]), (2 + 0.35) / 4, 2 * 0.175 / 8)


@pytest.mark.parametrize(
    ("objective", "words", "needs"),
    [("ce", (), True), ("ce_rl", (), True), ("rloo", (), False), ("rl_only", (), False),
     ("ce_rl", ("reinforce.ce_weight=0",), False)],
)  # fmt: skip
def test_only_cross_entropy_needs_solutions(
    objective: str, words: tuple[str, ...], needs: bool
) -> None:
    given = ["data=d", "out=o", "model=m", f"objective={objective}", *words]
    assert train_actor.needs_solutions(configuration.load(train_actor.Config, given)) is needs


GRPO = ["data=d", "out=o", "model=m", "objective=grpo"]


def test_the_settings_show_what_the_objective_fixes(tmp_path: Path) -> None:
    file = tmp_path / "greedy.yaml"
    file.write_text("reinforce:\n  baseline: greedy\n  kl_weight: 0.04\n")
    # The same value may be said; what the objective leaves open stays.
    for words in ([], [str(file)], ["reinforce.baseline=group_mean"]):
        config = configuration.load(train_actor.Config, [*GRPO, *words])
        fixed = {key: getattr(config.reinforce, key) for key in FIXED["grpo"]}
        assert fixed == FIXED["grpo"]
        assert config.reinforce.kl_weight == (0.04 if words == [str(file)] else 0.0)
        configuration.dump(config, tmp_path / "config.yaml")
        again = configuration.load(train_actor.Config, [str(tmp_path / "config.yaml")])
        assert again == config


def test_a_word_of_the_command_line_that_the_objective_overrules_is_refused() -> None:
    told = "reinforce.baseline: got greedy; expected group_mean, which another setting fixes"
    for words in ([*GRPO, "reinforce.baseline=greedy"], ["reinforce.baseline=greedy", *GRPO]):
        with pytest.raises(ConfigError, match=told):
            configuration.load(train_actor.Config, words)
