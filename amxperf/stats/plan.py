"""How many boots, launches and iterations an experiment needs, before it is run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..errors import OutOfReach, UsageError
from . import checks
from .components import MEDIAN, Components
from .power import power_difference, power_equivalence
from .result import Caution
from .wording import EXTREME, PLURAL

LIMIT = 100_000
"""More replicates per arm than this nobody runs."""
MOST = 1000
"""Most iterations of a launch, and launches of a boot, that a plan proposes."""
FEW = 4
"""A pilot with fewer degrees of freedom than this hardly knows its spread: five replicates in one arm have as many."""
SURE = 5
"""From so many replicates per arm on the power of a change is what experiments show, see `power_difference`."""
LEAST = 5
"""Fewest iterations of a launch that a plan proposes where the location is a median: that of fewer is moved by a single spike."""


@dataclass(frozen=True)
class Costs:
    """What a boot, a launch and an iteration cost besides what they hold, in any one unit (seconds, say); all above 0."""

    boot: float = 60.0
    launch: float = 5.0
    iteration: float = 1.0

    def __post_init__(self) -> None:
        hint = "give the seconds that a boot, a launch and an iteration take"
        costs = [checks.number(f"cost of {name}", getattr(self, name), hint) for name in ("boot", "launch", "iteration")]
        if not all(1e-100 < cost < 1e100 for cost in costs):
            raise UsageError("a cost is not above 0", hint=hint)


@dataclass(frozen=True)
class Plan:
    """Sizes per arm that reach a goal, and what they cost.

    goal : in words.
    replicate : 'boot' or 'launch', `replicates` of them per arm; or 'block', so many pairs of both arms.
    launches : launches per boot (1 where the launch is the replicate); iterations : per launch.
    deviation : standard deviation of the log locations of the replicates, as the pilot has it.
    half_width : expected half width of the interval, as a fraction.
    careful : replicates if the spread is as large as the pilot cannot exclude (one-sided 80 %); None without a pilot, or where
        no number is enough (caution `no-careful-number`).
    upper : that spread between replicates, a standard deviation of the log; NaN without a pilot.
    cost : of both arms, in the unit of the costs.
    """

    goal: str
    replicate: str
    replicates: int
    launches: int
    iterations: int
    deviation: float
    half_width: float
    cost: float
    careful: int | None = None
    upper: float = math.nan
    cautions: tuple[Caution, ...] = field(default=())

    def counted(self) -> str:
        """The replicates with their noun: '7 boots per arm', '7 pairs in blocks'."""
        noun = "pairs in blocks" if self.replicate == "block" else f"{PLURAL[self.replicate]} per arm"
        return f"{self.replicates} {noun}"

    def sentence(self) -> str:
        """The plan in one sentence."""
        noun = "pairs" if self.replicate == "block" else PLURAL[self.replicate]
        starts = f"{self.launches} {'launch' if self.launches == 1 else 'launches'}"
        inside = {"boot": f" of {starts}", "block": f" of {starts} per arm"}.get(self.replicate, "")
        repeats = f"{self.iterations} {'iteration' if self.iterations == 1 else 'iterations'}"
        text = f"{self.goal}: {self.counted()}{inside} with {repeats} each"
        cost = f"{self.cost:.0f}" if self.cost >= 1000 else f"{self.cost:.4g}"
        text += f", interval about ±{100 * self.half_width:.2g} %, cost {cost}"
        if self.careful is not None and self.careful > self.replicates:
            text += f"; {self.careful} {noun} if they differ by {100 * self.upper:.2g} %, which the pilot cannot exclude"
        return text + "."


def half_width(
    replicates: int, spread: float, noise: float = 0.0, iterations: int = 1, confidence: float = 0.95, location: str = "median",
    arms: int = 2,
) -> float:  # fmt: skip
    """Half width of the interval of a ratio, as a fraction, for two arms that scatter alike.

    Parameters
    ----------
    replicates : boots (or launches) per arm, 2 or more.
    spread : standard deviation of the log between replicates.
    noise : standard deviation of the log between the iterations of one replicate.
    iterations : iterations per replicate; their median (or mean, by `location`) is the replicate's location.
    arms : 2, or 4 for a ratio of ratios, whose interval is t(4n - 4) * s * sqrt(4 / n); 1 for pairs whose log ratios scatter so.

    Welch's interval with equal variances, t(2n - 2) * s * sqrt(2 / n), where s^2 = spread^2 + pi/2 * noise^2 / iterations
    (the variance of a median of normal values is pi/2 times that of their mean). A ValueError for fewer than 2 replicates.

    It is a lower bound with few replicates: Welch's degrees of freedom come from the two observed spreads and lie between n - 1
    and 2n - 2. With 2 replicates (spread 1 %, 10 iterations of 2 % noise) the formula says 5.6 %, while half of simulated
    intervals reach 7.7 % or more; with 3 it is short by a few percent of itself, from 5 on it hardly matters.

    >>> [round(100 * half_width(n, 0.01, 0.02, 10), 1) for n in (2, 3, 5, 10)]
    [5.6, 2.9, 1.9, 1.2]
    """
    from scipy.special import stdtrit

    if replicates < 2:
        raise ValueError("an interval needs two replicates per arm")
    factor = MEDIAN if location == "median" else 1.0
    deviation = math.sqrt(spread**2 + factor * noise**2 / iterations)
    quantile = float(stdtrit(arms * (replicates - 1), 0.5 + confidence / 2))
    half = quantile * deviation * math.sqrt(arms / replicates)
    return math.expm1(half) if half < EXTREME else math.inf


def plan(
    pilot: Components,
    *,
    width: float | None = None,
    change: float | None = None,
    margin: float | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    replicate: str = "boot",
    costs: Costs | None = None,
    launches: int | None = None,
    iterations: int | None = None,
) -> Plan:
    """Fewest replicates per arm that reach one goal, with the cheapest numbers of launches and iterations in them.

    Parameters
    ----------
    pilot : variance components (:func:`amxperf.stats.components.components`), or assumed ones.
    width : wanted half width of the interval, as a fraction; or
    change : a difference to be found with probability `power`; or
    margin : a margin within which two equal systems are to be called equivalent with probability `power`.
    replicate : 'boot' or 'launch', the highest level at which the treatment is assigned; or 'block', where each block holds both
        arms: the pilot's components are then those of log ratios, `boot` that between blocks.
    costs : of a boot, a launch and an iteration; by default 60, 5 and 1.
    launches, iterations : launches of a boot and iterations of a launch, where they are given; otherwise the cheapest.

    The cheapest number of units inside a larger one is sqrt(cost of the larger / cost of a unit * variance of the unit /
    variance of the larger) (W. G. Cochran, Sampling Techniques, 1977, ch. 10), rounded to the cheaper neighbour;
    5 iterations at least for a median.

    Raises UsageError unless exactly one goal is given and within range, or where the pilot does not tell the replicate's spread.

    >>> guess = Components(boot=0.01, launch=0.0, iteration=0.02, boots=0, launches=1, iterations=10)
    >>> print(plan(guess, change=0.02).sentence())
    a change of 2 % found in 80 % of experiments: 7 boots per arm of 1 launch with 20 iterations each,
    interval about ±1.3 %, cost 1190.
    """
    arms, shown, noun = 1 if replicate == "block" else 2, replicate, PLURAL.get(replicate, "")
    goal, reached = _goal(width, change, margin, power, confidence, arms)
    costs = costs or Costs()
    if replicate not in ("boot", "launch", "block"):
        raise UsageError(f"unknown replicate {replicate!r}", hint="use 'boot' or 'launch'")
    replicate = "boot" if replicate == "block" else replicate
    for name in ("boot", "launch", "iteration"):
        checks.spread(f"spread of {PLURAL[name]}", getattr(pilot, name))
    if math.isnan(getattr(pilot, replicate)):
        hint = f"measure three {noun} or more, or state the spread"
        raise UsageError(f"the pilot does not show how much {noun} differ", hint=hint)
    for name, number in (("launches", launches), ("iterations", iterations)):
        if number is not None:
            checks.count(name, number)
    upper = upper_spread(pilot, replicate)
    # Where the pilot shows no spread of replicates, what it cannot exclude says how much is worth doing inside one.
    sized = pilot if getattr(pilot, replicate) or math.isnan(upper) else replace(pilot, **{replicate: upper})
    inner, repeats = _inside(sized, replicate, costs, launches, iterations)
    deviation = _deviation(pilot, replicate, inner, repeats)
    needed = _smallest(lambda n: reached(n, deviation))
    if needed is None:
        raise OutOfReach(f"no number of replicates up to {LIMIT:,} reaches {goal}", hint="ask for less")
    careful, cautions = None, list(pilot.cautions)
    if replicate == "launch" and pilot.boot > 0:
        text = (f"the launches are planned for one boot; in several boots side by side they also differ by what boots do "
                f"({100 * pilot.boot:.2g} % in the pilot), unless a block in dataset.toml pairs them")  # fmt: skip
        cautions.append(Caution("planned-in-one-boot", text))
    if not math.isnan(upper):
        worst = replace(pilot, **{replicate: upper})
        careful = _smallest(lambda n: reached(n, _deviation(worst, replicate, inner, repeats)))
        cautions += _untold(pilot, replicate, upper, careful, noun if arms == 2 else "ratios of blocks")
    if change is not None and arms == 2 and needed < SURE:
        text = f"{needed} {noun} per arm are a lower bound: tests on so few guess their degrees of freedom; plan one or two more"
        cautions.append(Caution("few-planned", text))
    each = costs.boot + inner * (costs.launch + repeats * costs.iteration)
    each = each if replicate == "boot" else costs.launch + repeats * costs.iteration
    half = half_width(needed, deviation, confidence=confidence, arms=arms)
    return Plan(goal, shown, needed, inner, repeats, deviation, half, 2 * needed * each, careful, upper, tuple(cautions))


def upper_spread(pilot: Components, replicate: str, share: float = 0.8) -> float:
    """Standard deviation of the log between replicates that a pilot cannot exclude: in `share` of pilots the true one is below.

    The means of replicates scatter by S^2 = T^2 + noise, T^2 their own variance and the noise what the levels below put into
    a mean. f S^2 over its true value is chi-square of f degrees of freedom (:meth:`Components.degrees`: n - 1 for n boots of one
    arm), so S^2 f / chi2(1 - share, f) bounds that from above, and less the noise it bounds T^2 (the noise taken as known:
    G. J. Hahn and W. Q. Meeker, Statistical Intervals, 1991, ch. 4).
    A spread that is counted as 0 has a bound above 0. NaN without a degree of freedom, or where the spread is an assumption.

    >>> [round(upper_spread(Components(0.02, 0.0, 0.02, n, 1, 10), "boot"), 3) for n in (2, 3, 10)]
    [0.085, 0.045, 0.027]
    >>> round(upper_spread(Components(0.0, 0.0, 0.02, 3, 1, 10), "boot"), 3)
    0.015
    """
    from scipy.special import chdtri

    degrees = pilot.degrees(replicate)
    if degrees <= 0:
        return math.nan
    own, noise = getattr(pilot, replicate) ** 2, _noise_below(pilot, replicate)
    bound = (own + noise) * degrees / float(chdtri(degrees, share)) - noise
    return math.sqrt(max(bound, own))


def _noise_below(pilot: Components, replicate: str) -> float:
    """Variance that the levels below put into the location of one of the pilot's replicates."""
    launch, noise = (0.0 if math.isnan(value) else value for value in (pilot.launch, pilot.iteration))
    factor = MEDIAN if pilot.location == "median" and pilot.iterations > 2 else 1.0
    inside = factor * noise**2 / pilot.iterations
    return inside if replicate == "launch" else (launch**2 + inside) / pilot.launches


def _untold(pilot: Components, replicate: str, upper: float, careful: int | None, noun: str) -> list[Caution]:
    """What the pilot cannot tell of its replicates, as cautions."""
    seen = 100 * getattr(pilot, replicate)
    could = f"{100 * upper:.2g} % cannot be excluded (one such pilot in five understates it by more)"
    found = []
    if not seen:
        text = f"the pilot does not show that {noun} differ, nor that they do not: a spread of {could}"
        found.append(Caution("spread-not-shown", text))
    if pilot.degrees(replicate) < FEW:
        text = f"so few {noun} hardly know how much they differ: the plain number hangs on chance, plan for the larger one"
        found.append(Caution("small-pilot", text if not seen else f"{text}; they show {seen:.2g} %, and {could}"))
    if careful is None:
        text = f"if {noun} differ as much as the pilot cannot exclude, no number up to {LIMIT:,} is enough: measure a larger pilot"
        found.append(Caution("no-careful-number", text))
    return found


def _goal(
    width: float | None, change: float | None, margin: float | None, power: float, confidence: float, arms: int
) -> tuple[str, Callable[[int, float], bool]]:
    """The goal in words, and the test whether n replicates of a deviation reach it."""
    given = {"width": width, "change": change, "margin": margin}
    asked = [name for name, value in given.items() if value is not None]
    if len(asked) != 1:
        raise UsageError("a plan has one goal", hint="give a half width, a change or a margin")
    name = asked[0]
    value = checks.number(name, given[name], "give a fraction such as 0.02")
    checks.confidence(confidence)
    if not (math.isfinite(value) and (value > 0 or (name == "change" and -1 < value < 0))):
        raise UsageError(f"the {name} is {value:g}", hint="give a fraction such as 0.02")
    if not 0 < checks.number("power", power, "give a fraction such as 0.8") < 1:
        raise UsageError(f"the power is {power:g}", hint="give a fraction such as 0.8")
    share = f"in {100 * power:g} % of experiments"
    if name == "width":
        return (f"a half width of {100 * value:g} %",
                lambda n, s: half_width(n, s, confidence=confidence, arms=arms) <= value)  # fmt: skip
    if name == "change":
        return (f"a change of {100 * value:g} % found {share}",
                lambda n, s: power_difference(n, s, value, confidence, arms) >= power)  # fmt: skip
    return (f"equivalence within {100 * value:g} % shown {share}",
            lambda n, s: power_equivalence(n, s, value, 0.0, confidence, arms) >= power)  # fmt: skip


def _inside(pilot: Components, replicate: str, costs: Costs, launches: int | None, iterations: int | None) -> tuple[int, int]:
    """Launches per boot and iterations per launch: as given, or the cheapest."""
    launch = 0.0 if math.isnan(pilot.launch) else pilot.launch
    noise = 0.0 if math.isnan(pilot.iteration) else pilot.iteration
    factor, least = (math.sqrt(MEDIAN), LEAST) if pilot.location == "median" else (1.0, 1)
    if replicate == "launch":
        return 1, iterations or max(_cheapest(costs.launch, costs.iteration, pilot.launch, factor * noise), least)
    shown = _cheapest(costs.boot, costs.launch, pilot.boot, launch) if pilot.boot else max(1, round(pilot.launches))
    inner = launches or shown  # without any spread of boots, nothing says that more launches than the pilot's pay off
    outer = launch if launch else pilot.boot  # without a spread of launches, iterations of one launch stand for those of the boot
    above = costs.launch if launch else costs.boot / inner + costs.launch
    return inner, iterations or max(_cheapest(above, costs.iteration, outer, factor * noise), least)


def _cheapest(above: float, unit: float, outer: float, inner: float) -> int:
    """Units inside a larger one: the neighbour of sqrt(above / unit) * inner / outer with the lower variance times cost."""
    if inner == 0:
        return 1
    if outer == 0:
        return MOST
    best = math.sqrt(above / unit) * inner / outer
    low = min(max(math.floor(best), 1), MOST)

    def price(k: int) -> float:
        return (outer**2 + inner**2 / k) * (above + k * unit)

    return min((low, min(low + 1, MOST)), key=price)


def _deviation(pilot: Components, replicate: str, launches: int, iterations: int) -> float:
    """Standard deviation of the log locations of replicates of that size."""
    noise = 0.0 if math.isnan(pilot.iteration) else pilot.iteration
    factor = MEDIAN if pilot.location == "median" and iterations > 2 else 1.0
    launch = 0.0 if math.isnan(pilot.launch) else pilot.launch
    square = launch**2 + factor * noise**2 / iterations
    return math.sqrt(square if replicate == "launch" else pilot.boot**2 + square / launches)


def _smallest(enough: Callable[[int], bool]) -> int | None:
    """First n from 2 on for which `enough` holds, by doubling and halving."""
    below, above = 1, 2
    while not enough(above):
        below, above = above, above * 2
        if above > LIMIT:
            return None
    while above - below > 1:
        middle = (above + below) // 2
        below, above = (below, middle) if enough(middle) else (middle, above)
    return above
