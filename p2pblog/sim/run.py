"""One run of a small network: life and faults, then peace, then the last look."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from p2pblog.sim.convergence import unsettled
from p2pblog.sim.faults import FAULTS, Fault, come_back, speed_up
from p2pblog.sim.joined import standing, unjoined
from p2pblog.sim.liar import Liar
from p2pblog.sim.violation import Violation
from p2pblog.sim.world import World

_LIFE_S = (10.0, 30.0, 90.0)
_LAST_WORDS_S = 20.0
_QUIET_S = 65.0  # longer than anything waits that happens by itself, tokens and questions
_TROUBLE_S = 60.0  # that links may still be given up because of what was
_PATIENCE_S = 1800.0


class Outcome(NamedTuple):
    """What came of a run; `failure` says what was wrong, "" if nothing was."""

    seed: int
    failure: str
    nodes: int
    liars: str
    entries: int
    messages: int
    bytes: int
    now_s: float
    digest: str

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.failure or 'ok'}; {self.nodes} nodes ({self.liars}), "
            f"{self.entries} entries, {self.messages} messages of {self.bytes} bytes, "
            f"{self.now_s:.0f} s, trace {self.digest}"
        )


def run(seed: int, say: Callable[[str], None] | None = None) -> Outcome:
    """Run the network of a seed; `say` gets a line for whatever happens."""
    world = World(seed, say)
    failure = ""
    try:
        _live(world)
        _heal(world)
        _settle(world)
    except Violation as error:
        failure = str(error)
    liars = [type(node.mischief).__name__.lower() for node in world.liars]
    return Outcome(
        seed,
        failure,
        len(world.nodes),
        ", ".join(sorted(liars)) or "no liars",
        world.truth.entries,
        world.trace.messages,
        world.trace.bytes,
        world.clock.now_s,
        world.trace.digest,
    )


def _live(world: World) -> None:
    """Let people write, and faults strike."""
    chance, clock = world.chance, world.clock
    world.begin()
    life_s = chance.choice(_LIFE_S)
    faults = chance.choice([0, 2, 5, 12])
    for _ in range(faults):
        clock.at(chance.uniform(0.0, life_s), partial(_strike, world, chance.choice(FAULTS)))
    for _ in range(chance.choice([5, 20, 60])):
        clock.at(chance.uniform(0.0, life_s), partial(_post, world))
    clock.run(life_s)


def _strike(world: World, fault: Fault) -> None:
    if what := fault(world):
        world.happened(what)


def _post(world: World) -> None:
    world.post(world.chance.choice(world.nodes), world.chance.choice([1, 1, 1, 7]))


def _heal(world: World) -> None:
    """End all faults; half of the time the liars go on."""
    chance = world.chance
    world.network.part({})
    for node in world.nodes:
        speed_up(node)
        node.refuses = False
        come_back(world, node)
    if chance.random() < 0.5:
        for liar in world.liars:
            if isinstance(liar.mischief, Liar):
                liar.mischief.idle = True
    world.happened("all is mended")
    for node in world.nodes:  # what is written now reaches everybody as ever
        world.clock.after(chance.uniform(0.0, _LAST_WORDS_S), partial(world.post, node, 1))
    world.clock.run(world.clock.now_s + _LAST_WORDS_S)


def _settle(world: World) -> None:
    """Wait until nothing changes any more, and then see whether all is as it should be."""
    clock, checks = world.clock, world.checks
    clock.after(_TROUBLE_S, checks.troubled.clear)
    until_s = clock.now_s + _PATIENCE_S
    problems: list[str] = []
    while clock.now_s < until_s:
        clock.run(max(checks.changed_s, clock.now_s - _QUIET_S / 2) + _QUIET_S)
        if world.meets:
            links = standing(world.honest)
            problems = [*unjoined(world.honest), *unsettled(world.honest, links)]
        else:
            problems = list(unsettled(world.honest, world.links))
        if not problems:
            return
    raise Violation(f"{len(problems)} things are not settled: {problems[0]}")
