"""When has a critic learnt enough, how sure may it be? Asked of problems it does not learn from.

What counts is the AUC of "passed" within problems: pooled over problems, difficulty alone scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from coderl.errors import ConfigError
from coderl.training.checkpoint import load_state, save_state
from coderl.training.settings import ValidationConfig
from critics.calibration import Calibration, CalibrationKind, fit_calibration
from critics.outcome_critic import CriticRow, OutcomeCritic, score
from critics.report import auc_within_problems


class EarlyStop:
    """Keeps the state with the best AUC; says stop where it has not improved for a while.

    The best state is also on disk, so that a run that goes on after a kill ends where one that was
    not killed does.
    """

    def __init__(
        self,
        critic: OutcomeCritic,
        rows: Sequence[CriticRow],
        config: ValidationConfig,
        kept: Path | None,
        on_validation: Callable[[int, float], None] | None = None,
    ) -> None:
        """Get ready, and take up the best state where `kept` has one."""
        self._critic, self._rows, self._config = critic, rows, config
        self._kept, self._on_validation = kept, on_validation
        self._step, self._auc, self._state = 0, -1.0, _copy(critic)
        if kept is not None and kept.exists():
            best = load_state(kept)
            self._step, self._auc, self._state = best["step"], best["auc"], best["state"]

    def __call__(self, step: int) -> bool:
        """True if training is to stop after this step, from 1."""
        if step % self._config.every:
            return False
        self._critic.eval()
        auc = validation_auc(self._critic, self._rows)
        if self._on_validation is not None:
            self._on_validation(step, auc)
        if auc > self._auc:
            self._step, self._auc, self._state = step, auc, _copy(self._critic)
            if self._kept is not None:
                save_state(self._kept, {"step": step, "auc": auc, "state": self._state})
        return step - self._step >= self._config.patience * self._config.every

    def restore_best(self) -> None:
        """Put the best state into the critic."""
        self._critic.load_state_dict(self._state)


def validation_auc(critic: OutcomeCritic, rows: Sequence[CriticRow]) -> float:
    """AUC of "passed", the mean over problems; rows with the same prompt are of one problem.

    Raises:
        ConfigError: If no problem has both passed and failed programs.
    """
    problems = {prompt: i for i, prompt in enumerate({row.prompt_ids: None for row in rows})}
    auc = auc_within_problems(
        np.array([row.label == critic.config.num_labels - 1 for row in rows]),
        np.array([scored.passed for scored in score(critic, rows)]),
        np.array([problems[row.prompt_ids] for row in rows]),
    )
    if auc is None:
        raise ConfigError(
            f"critic.validation: got {len(problems)} problems, none with passed and failed "
            "programs; expected at least one; raise its share, or draw more programs"
        )
    return auc


def calibrate(critic: OutcomeCritic, rows: Sequence[CriticRow], kind: CalibrationKind) -> None:
    """Fit the critic's calibration to the outcomes of rows it has not learnt from."""
    critic.calibration = Calibration()
    probabilities = [scored.probabilities for scored in score(critic, rows)]
    critic.calibration = fit_calibration(probabilities, [row.label for row in rows], kind)


def _copy(critic: OutcomeCritic) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in critic.state_dict().items()}
