"""Figures of SciPy and statsmodels that the tests of `src/core/stats` compare with.

    pip install scipy==1.17.1 statsmodels==0.15.0
    python tools/stats/reference.py src/core/stats/reference.json

Each family is a list of `[arguments, results]`: edges first, then at least 500 drawn ones. Tango's interval is in neither
library: it is found here from its definition, with SciPy's optimiser for the restricted likelihood and its root finder for the bounds.
The bootstrap repeats the generator of the repository in numpy.
"""

import json
import math
import sys
import zlib
from pathlib import Path

import numpy as np
import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(20260101)
LEVELS = [0.95, 0.9, 0.99, 0.5]


def short(x):
    return float(f"{x:.13g}")


def pick(values):
    return values[int(rng.integers(len(values)))]


def size():
    return int(pick([rng.integers(1, 12), rng.integers(12, 60), rng.integers(60, 500), rng.integers(500, 20000)]))


def wilson():
    cases = [(k, n, level) for n in (1, 2, 3, 20, 200) for k in sorted({0, 1, n // 2, n - 1, n}) for level in LEVELS]
    for _ in range(500):
        n = size()
        cases.append((int(rng.integers(0, n + 1)), n, pick(LEVELS)))
    return [
        [[k, n, level], [short(x) for x in proportion_confint(k, n, alpha=1 - level, method="wilson")]]
        for k, n, level in cases
    ]


def restricted(won, lost, n, delta):
    """The most likely share lost when share won − share lost = delta: where the likelihood stops rising."""
    same = n - won - lost
    more, less, most = max(0.0, delta), max(0.0, -delta), (1 - abs(delta)) / 2

    def slope(x):  # x is the smaller of the two shares
        rising = (won / (x + more) if won else 0.0) + (lost / (x + less) if lost else 0.0)
        return rising - (same / (most - x) if same else 0.0)

    edge = most * 1e-15
    if slope(edge) <= 0:
        return less
    if slope(most * (1 - 1e-15)) >= 0:
        return less + most
    return less + optimize.brentq(slope, edge, most * (1 - 1e-15), xtol=1e-300, rtol=1e-15, maxiter=1000)


def tango_bounds(won, lost, n, level):
    z = stats.norm.isf((1 - level) / 2)
    estimate = (won - lost) / n

    def excess(delta):
        q = restricted(won, lost, n, delta)
        return (won - lost - n * delta) / math.sqrt(n * (2 * q + delta - delta * delta))

    def bound(end, sign):
        if estimate == end:
            return float(end)
        nearly = end - sign * 1e-13
        start = estimate + sign * 1e-12
        if abs(end - start) < 1e-12:
            return float(end)
        return optimize.brentq(lambda d: excess(d) + sign * z, start, nearly, xtol=1e-16, rtol=1e-14, maxiter=500)

    return [short(bound(-1, -1)), short(bound(1, 1))]


def tango():
    tables = [(0, 0), (1, 0), (0, 1)]
    cases = [(b, c, 1, level) for b, c in tables for level in LEVELS]
    for n in (2, 20, 200):
        half = n // 2
        for b, c in [(0, 0), (1, 0), (0, 1), (1, 1), (n, 0), (0, n), (half, half), (n - 1, 1), (half, 0), (0, half)]:
            cases.append((b, c, n, 0.95))
    for _ in range(500):
        n = size()
        differ = int(rng.integers(0, n + 1)) if rng.random() < 0.5 else int(rng.integers(0, n // 4 + 1))
        won = int(rng.integers(0, differ + 1))
        cases.append((won, differ - won, n, pick(LEVELS)))
    return [[list(case), tango_bounds(*case)] for case in cases]


def mcnemar_cases():
    cases = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 5), (6, 0), (5, 5), (5, 6), (50, 50), (200, 0), (0, 900)]
    for _ in range(500):
        differ = size()
        centre = differ // 2 if rng.random() < 0.6 else int(rng.integers(0, differ + 1))
        won = int(min(differ, max(0, round(centre + rng.normal() * math.sqrt(differ)))))
        cases.append((won, differ - won))
    found = []
    for won, lost in cases:
        exact = mcnemar([[0, won], [lost, 0]], exact=True).pvalue if won + lost else 1.0
        less = min(won, lost)
        law = stats.binom(won + lost, 0.5)
        mid = 1.0 if won == lost else 2 * law.cdf(less) - law.pmf(less)
        found.append([[won, lost], [short(min(1.0, exact)), short(mid)]])
    return found


def adjust():
    lists = [[], [0.03], [0.0], [1.0], [0.02, 0.02], [0.05, 0.05, 0.05], [1.0, 1.0], [0.0, 1.0], [0.01, 0.04, 0.03, 0.04]]
    for _ in range(500):
        digits = pick([1, 2, 3, 6])
        spread = pick([1, 2, 5])
        lists.append([round(float(p), digits) for p in rng.random(int(rng.integers(1, 13))) ** spread])
    lists.append([round(float(p), 5) for p in rng.random(100) ** 3])

    def corrected(values, method):
        return [short(p) for p in multipletests(values, method=method)[1]] if values else []

    return [[values, [corrected(values, "holm"), corrected(values, "fdr_bh")]] for values in lists]


def all_tables(n):
    won, lost = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    keep = won + lost <= n
    return won[keep], lost[keep]


def power(n, pb, pc, alpha):
    """Every table of n documents, its multinomial probability where the exact test refuses."""
    won, lost = all_tables(n)
    p = np.minimum(1, 2 * stats.binom.cdf(np.minimum(won, lost), won + lost, 0.5))
    p[won == lost] = 1
    same = max(0.0, 1 - pb - pc)
    chance = stats.multinomial.pmf(np.stack([won, lost, n - won - lost], 1), n, [pb, pc, same])
    return float(chance[p <= alpha].sum())


def powers():
    cases = [(1, 0.5, 0.5, 0.05), (6, 1.0, 0.0, 0.05), (5, 1.0, 0.0, 0.05), (20, 0.0, 0.0, 0.05), (20, 0.5, 0.5, 0.05)]
    cases += [(40, 0.25, 0.25, 0.05), (200, 0.15, 0.05, 0.05 / 36), (300, 0.01, 0.0, 0.05), (20, 0.0, 1.0, 0.01)]
    for _ in range(500):
        n = int(pick([rng.integers(1, 12), rng.integers(12, 80), rng.integers(80, 160)]))
        pb = round(float(rng.random() * pick([0.1, 0.5, 1.0])), 3)
        pc = round(float(rng.random() * (1 - pb) * pick([0.2, 1.0])), 3)
        cases.append((n, pb, min(pc, round(1 - pb, 3)), pick([0.05, 0.01, 0.1, 0.05 / 12, 0.05 / 36])))
    return [[list(case), short(power(*case))] for case in cases]


def planning():
    """[[n, discordance, power, alpha, comparisons], smallest significant difference, detectable difference or null]"""
    found = []
    for n in (1, 5, 6, 10, 20, 40, 50, 100, 200):
        for discordance in (0.1, 0.3, 1.0):
            for wished, alpha, comparisons in ((0.8, 0.05, 1), (0.8, 0.05, 36), (0.9, 0.01, 6)):
                level = alpha / comparisons
                smallest = next((k / n for k in range(1, n + 1) if stats.binomtest(k, k, 0.5).pvalue <= level), None)

                def short_of(difference):
                    pb, pc = (discordance + difference) / 2, max(0.0, discordance - difference) / 2
                    return power(n, pb, pc, level) - wished

                reaches = short_of(discordance) >= 0
                detectable = optimize.brentq(short_of, 0, discordance, xtol=1e-9) if reaches else None
                found.append([[n, discordance, wished, alpha, comparisons], smallest, detectable and round(detectable, 8)])
    return found


class Draws:
    """The counter-based generator of src/core/tasks/random.ts, many numbers at a time."""

    def __init__(self, seed, key):
        step = ((seed + 1) * 0x9E3779B1) & 0xFFFFFFFF
        self.base = np.uint32(int(self.mix(np.array([zlib.crc32(key.encode()) ^ step], np.uint32))[0]))
        self.count = 0

    @staticmethod
    def mix(h):
        h = h ^ (h >> np.uint32(16))
        h = h * np.uint32(0x85EBCA6B)
        h = h ^ (h >> np.uint32(13))
        h = h * np.uint32(0xC2B2AE35)
        return h ^ (h >> np.uint32(16))

    def ints(self, below, many):
        counts = np.arange(self.count + 1, self.count + many + 1, dtype=np.uint64).astype(np.uint32)
        self.count += many
        return np.floor(self.mix(self.base ^ (counts * np.uint32(0x9E3779B1))) / 2**32 * below).astype(int)


def bootstrap_case(tasks, seed, resamples, level):
    draws = Draws(seed, "bootstrap")
    sizes = [len(values) for values in tasks]
    arrays = [np.array(values) for values in tasks]
    averages = np.empty(resamples)
    for r in range(resamples):
        means = [values[draws.ints(n, n - 1)].mean() for values, n in zip(arrays, sizes)]
        averages[r] = np.mean(means)
    spread = [values.var(ddof=1) / len(values) for values in arrays]
    freedom = sum(n - 1 for n in sizes)
    if sum(spread) > 0:
        freedom = sum(spread) ** 2 / sum(v * v / (n - 1) for v, n in zip(spread, sizes))
    freedom = math.floor(freedom + 1e-9)
    tail = stats.norm.sf(stats.t.isf((1 - level) / 2, freedom))
    bounds = np.quantile(averages, [tail, 1 - tail], method="weibull")
    near = np.abs(averages) <= 1e-12 * np.abs(averages).max()
    below = (averages < 0) | near
    above = (averages > 0) | near
    beyond = min(0.5, (1 + min(below.sum(), above.sum())) / (resamples + 1))
    p = 2 * stats.t.sf(stats.norm.isf(beyond), freedom)
    estimate = float(np.mean([values.mean() for values in arrays]))
    return [[tasks, seed, resamples, level], [short(x) for x in (estimate, *bounds, p)]]


def bootstrap():
    cases = [([[0.0, 0.0]], 0, 99, 0.95), ([[1.0, 1.0, 1.0]], 1, 199, 0.95), ([[0.0, 1.0]], 2, 999, 0.9)]
    for seed in range(60):
        tasks = []
        for _ in range(int(rng.integers(1, 5))):
            n = int(rng.integers(2, 25))
            values = rng.integers(-1, 2, n) if rng.random() < 0.5 else np.round(rng.normal(0.2, 1, n), 2)
            tasks.append([float(v) for v in values])
        cases.append((tasks, seed * 7919, int(pick([99, 199, 999])), pick(LEVELS)))
    return [bootstrap_case(*case) for case in cases]


def main():
    found = {
        "versions": f"SciPy {scipy.__version__}, statsmodels {statsmodels.__version__}, numpy {np.__version__}",
        "wilson": wilson(),
        "tango": tango(),
        "mcnemar": mcnemar_cases(),
        "adjust": adjust(),
        "power": powers(),
        "planning": planning(),
        "bootstrap": bootstrap(),
    }
    rows = [f'"{name}":{json.dumps(cases, separators=(",", ":"))}' for name, cases in found.items()]
    Path(sys.argv[1]).write_text("{" + ",\n".join(rows) + "}\n")


main()
