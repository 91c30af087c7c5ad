"""What return does a critic expect, token by token? The baseline of a true actor-critic.

    V(after w_t) = sum over outcomes k of P(k | problem, w_1..w_t) * reward[k]

The baseline of token w_t is the value before it, so that it does not depend on the token that it
is compared with. Before the first token it is the mean, over the samples of the problem, of the
value after theirs: V(start) = E over w_1 of V(after w_1). A sample alone is that mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from coderl.actors.actor import Actor
from coderl.rollout import Rollout
from coderl.training.credit import Credit, Reward, rewarded_groups
from coderl.training.critic import labelled_rows
from coderl.training.returns import generalised_advantages, group_mean
from critics.outcome_critic import OutcomeCritic, score


def critic_credit(
    actor: Actor,
    critic: OutcomeCritic,
    rollouts: Sequence[Rollout],
    reward: Reward,
    *,
    gae_lambda: float,
) -> list[Credit]:
    """Every rollout that has a reward, each token's advantage over the critic's expectation.

    Args:
        actor: Its tokenizer reads the prompts.
        critic: One that has not learned from these rollouts, else little of them is a surprise.
        rollouts: Judged, the samples of a problem side by side.
        reward: None where the judge failed; such rollouts are left out.
        gae_lambda: How far rewards are trusted over values.
    """
    groups = rewarded_groups(rollouts, reward)
    judged = [r for group in groups for r, _ in group]
    rows = labelled_rows(actor, judged, num_outcomes=critic.config.num_labels)
    rewards = [value for group in groups for _, value in group]
    worth = outcome_rewards([row.label for row in rows], rewards)
    after = iter(
        [expected_return(p, worth) for p in s.token_probabilities] for s in score(critic, rows)
    )
    credits: list[Credit] = []
    for group in groups:
        values = [next(after) for _ in group]
        start = group_mean([v[0] for v in values])
        credits += [
            Credit(
                rollout=r,
                reward=value,
                advantages=generalised_advantages(value, [start, *v[:-1]], gae_lambda),
            )
            for (r, value), v in zip(group, values, strict=True)
        ]
    return credits


def outcome_rewards(labels: Sequence[int], rewards: Sequence[float]) -> dict[int, float]:
    """The mean reward of each outcome that occurred.

    >>> outcome_rewards([3, 2, 2], [1.0, -0.5, 0.0])
    {3: 1.0, 2: -0.25}
    """
    by_label: dict[int, list[float]] = defaultdict(list)
    for label, value in zip(labels, rewards, strict=True):
        by_label[label].append(value)
    return {label: group_mean(values) for label, values in by_label.items()}


def expected_return(probabilities: Sequence[float], worth: dict[int, float]) -> float:
    """The return expected of outcomes with these probabilities; those that never occurred are out.

    Where one of those is certain, the mean of the others.

    >>> expected_return([0.1, 0.1, 0.2, 0.6], {3: 1.0, 2: -0.5})
    0.625
    """
    total = sum(probabilities[label] for label in worth)
    if total == 0:
        return group_mean(list(worth.values()))
    return sum(probabilities[label] * value for label, value in worth.items()) / total
