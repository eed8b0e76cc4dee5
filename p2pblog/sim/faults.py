"""What goes wrong in a network: each fault strikes once, and says what it did.

Every fault mends itself after a while, or is mended by `run.heal`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from p2pblog.sim.node import Node
from p2pblog.sim.world import World

_BABBLES, _BABBLE_EVERY_S = 50, 0.3

Fault: TypeAlias = Callable[[World], str]


def cut_a_link(world: World) -> str:
    """Break a link; what was under way is lost."""
    wires = world.network.wires()
    if not wires:
        return ""
    world.chance.choice(wires).cut()
    return "a link breaks"


def part(world: World) -> str:
    """Part the network in two for a while; nobody is told."""
    sides = {node.address: world.chance.randrange(2) for node in world.nodes}
    world.checks.troubled |= sides.keys()
    world.network.part(sides)
    lasts_s = world.chance.choice([1.0, 10.0, 40.0])
    world.clock.after(lasts_s, partial(world.network.part, {}))
    return f"the network parts for {lasts_s} s"


def leave(world: World) -> str:
    """Have a node say farewell, and come back later with its tokens."""
    node = _one_that_is_on(world)
    if node is None:
        return ""
    node.leave()
    _come_back(world, node)
    return f"node {node.address} leaves"


def crash(world: World) -> str:
    """Kill a node, its machine living on, or cut its power: then what was not synced is lost."""
    node = _one_that_is_on(world)
    if node is None:
        return ""
    power = world.chance.random() < 0.6
    keep = world.chance.randint(0, node.disk.unsynced) if power else None
    lost = 0 if keep is None else node.disk.unsynced - keep
    node.crash(keep=keep, silent=power and world.chance.random() < 0.7)
    _come_back(world, node)
    return f"node {node.address} crashes and loses {lost} batches"


def restore(world: World) -> str:
    """Have a node's disk die, and its person go on from a backup that was made before."""
    node = _one_that_is_on(world)
    if node is None:
        return ""
    backup = node.disk.copy()

    def strike() -> None:
        if node.on:
            node.crash(keep=None, silent=False)
        node.disk = backup
        world.checks.restored(node)
        world.happened(f"node {node.address} is restored from a backup")
        _come_back(world, node)

    world.clock.after(world.chance.uniform(1.0, 30.0), strike)
    return f"a backup of node {node.address} is made"


def clone(world: World) -> str:
    """Run a copy of a node on a second machine, among other neighbours."""
    node = _one_that_is_on(world)
    taken = {peer.address for peer in node.peers.values()} if node is not None else set()
    if node is None or any(node.device == n.device for n in world.nodes if n is not node):
        return ""
    node.heeds = world.chance.random() < 0.5  # else it equivocates on purpose
    taken |= {node.address, *world.network.neighbours(node.address)}
    apart = {
        other.device: other.address
        for other in world.honest
        if other.address not in taken and not other.place.hidden
    }
    others = list(apart.values())
    if not others:
        return ""
    twin = world.add_twin(node, world.chance.sample(others, min(len(others), 2)))
    return f"node {twin.address} is a copy of {node.address}"


def slow_down(world: World) -> str:
    """Have a node's machine be busy for a while."""
    node = world.chance.choice(world.nodes)
    node.step_s = world.chance.choice([0.0, 0.002, 0.05])
    node.write_s = world.chance.choice([0.001, 0.02, 0.3])
    world.checks.troubled.add(node.address)
    world.clock.after(world.chance.uniform(5.0, 40.0), partial(speed_up, node))
    return f"node {node.address} slows down"


def speed_up(node: Node) -> None:
    """Have a node's machine be as fast as ever."""
    node.step_s = node.write_s = 0.0


def refuse(world: World) -> str:
    """Have a node take no links for a while."""
    node = world.chance.choice(world.nodes)
    node.refuses = True
    world.clock.after(world.chance.uniform(1.0, 30.0), partial(_take_links, node))
    return f"node {node.address} takes no links"


def change_network(world: World) -> str:
    """Have a node suspect all its links: its network has changed."""
    node = _one_that_is_on(world)
    if node is None:
        return ""
    world.checks.troubled |= {node.address, *(peer.address for peer in node.peers.values())}
    node.suspect()
    return f"the network of node {node.address} changes"


def wish_otherwise(world: World) -> str:
    """Have somebody follow other people than before."""
    node = world.chance.choice(world.nodes)
    everybody = [other.device for other in world.nodes]
    wanted = [device for device in everybody if world.chance.random() < 0.7]
    world.follow(node, wanted)
    world.checks.wishes_changed(node)
    return f"node {node.address} follows {len(wanted)}"


def block(world: World) -> str:
    """Have somebody block somebody."""
    node = _one_that_is_on(world)
    others = [one for one in world.nodes if node is not None and one.device != node.device]
    if node is None:
        return ""
    other = world.chance.choice(others)
    node.block(other.device)
    world.checks.wishes_changed(node)
    return f"node {node.address} blocks {other.address}"


def babble(world: World) -> str:
    """Have somebody write more than anybody who does not follow them would take."""
    node = world.chance.choice(world.nodes)
    for number in range(_BABBLES):
        world.clock.after(number * _BABBLE_EVERY_S, partial(world.post, node, 7))
    return f"node {node.address} writes without end"


FAULTS: tuple[Fault, ...] = (
    cut_a_link,
    cut_a_link,
    part,
    leave,
    leave,
    crash,
    crash,
    restore,
    clone,
    slow_down,
    refuse,
    change_network,
    wish_otherwise,
    block,
    babble,
)


def come_back(world: World, node: Node) -> None:
    """Switch a node on, if it is not, and look at what it finds."""
    if not node.on:
        node.switch_on()
        world.checks.came_back(node)
        world.happened(f"node {node.address} is back")


def _come_back(world: World, node: Node) -> None:
    delay_s = world.chance.choice([0.1, 3.0, 20.0])
    world.clock.after(delay_s, partial(come_back, world, node))


def _one_that_is_on(world: World) -> Node | None:
    on = [node for node in world.nodes if node.on]
    return world.chance.choice(on) if on else None


def _take_links(node: Node) -> None:
    node.refuses = False
