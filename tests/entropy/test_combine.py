"""The combination and its guards."""

import numpy as np
import scipy.stats

from eudscore.entropy.combine import concentration, mean_rank

rng = np.random.default_rng(0)
lengths = rng.integers(5, 60, 2_000)


def test_combination_is_the_rank_of_the_mean_rank() -> None:
    a, b = rng.normal(size=2_000), rng.normal(size=2_000)
    combined = mean_rank({"a": a, "b": b}, lengths)
    mean = (scipy.stats.rankdata(a) + scipy.stats.rankdata(b)) / 2
    np.testing.assert_allclose(combined.values, (scipy.stats.rankdata(mean) - 0.5) / 2_000)
    assert combined.used == ("a", "b")
    assert combined.notes == ()


def test_a_proxy_of_length_is_ranked_within_bins_of_length_and_said() -> None:
    proxy = np.log(lengths) + rng.normal(0, 0.1, 2_000)
    combined = mean_rank({"proxy": proxy}, lengths)
    assert abs(scipy.stats.spearmanr(combined.values, lengths).statistic) < 0.05
    assert combined.notes[0].startswith("proxy ranked within bins of length")


def test_constant_and_concentrated_components_are_left_out_and_said() -> None:
    good = rng.normal(size=2_000)
    combined = mean_rank(
        {"good": good, "constant": np.ones(2_000), "tied": np.where(rng.random(2_000) < 0.3, 0.0, good)},
        lengths,
    )
    assert combined.used == ("good",)
    assert [note.split(" left out: ")[0] for note in combined.notes] == ["constant", "tied"]


def test_a_row_is_combined_from_what_it_has() -> None:
    a, b = rng.normal(size=2_000), rng.normal(size=2_000)
    a[0] = b[1] = np.nan
    a[2] = b[2] = np.nan
    values = mean_rank({"a": a, "b": b}, lengths).values
    assert np.isfinite(values[[0, 1]]).all()
    assert np.isnan(values[2])


def test_nothing_to_combine_is_nan() -> None:
    assert np.isnan(mean_rank({"a": np.full(2_000, np.nan)}, lengths).values).all()


def test_few_distinct_values_are_noticed() -> None:
    assert "different values" in concentration(np.repeat(np.arange(40.0), 50))
    assert concentration(rng.normal(size=100)) == ""
