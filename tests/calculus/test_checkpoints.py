"""Checkpointing: schedules that are really executed beside the published counts."""

import pytest

from explorer.calculus.checkpoints import binomial_theory, most_steps, schedule


def least_advances(steps: int, snapshots: int, known: dict[tuple[int, int], int]) -> int:
    """The least number of steps run without being recorded, by dynamic programming over all places of a snapshot."""
    if steps == 1:
        return 0
    if snapshots == 1:
        return steps * (steps - 1) // 2
    key = (steps, snapshots)
    if key not in known:
        known[key] = min(
            k + least_advances(steps - k, snapshots - 1, known) + least_advances(k, snapshots, known)
            for k in range(1, steps)
        )
    return known[key]


@pytest.mark.parametrize(
    ("snapshots", "reversible"), [(3, [4, 10, 20, 35]), (5, [6, 21, 56, 126]), (10, [11, 66, 286, 1001])]
)
def test_binomials_are_those_of_griewank_and_walther(snapshots, reversible):
    assert [most_steps(snapshots, repeats) for repeats in (1, 2, 3, 4)] == reversible


@pytest.mark.parametrize("snapshots", [1, 2, 3, 5])
def test_no_schedule_beats_the_binomial_one(snapshots):
    known: dict[tuple[int, int], int] = {}
    for steps in range(1, 41):
        done = schedule(steps, "binomial", snapshots)
        assert done.recomputed == done.theory == least_advances(steps, snapshots, known)
        assert done.order == tuple(range(steps - 1, -1, -1))
        assert done.peak <= snapshots + 1


def test_root_n_checkpoints_cost_less_than_one_more_run_and_store_about_twice_the_root():
    done = schedule(900, "sqrt")
    assert done.recomputed == done.theory == 870
    assert done.peak <= 2 * 30 + 1
    assert done.order == tuple(range(899, -1, -1))


def test_storing_all_computes_nothing_twice():
    done = schedule(50, "none")
    assert (done.recomputed, done.peak, done.memory[-1]) == (0, 50, 0)


def test_a_thousand_steps_with_ten_snapshots_stay_within_four_repeats():
    assert binomial_theory(1000, 10) == schedule(1000, "binomial", 10).recomputed < 4 * 1000
