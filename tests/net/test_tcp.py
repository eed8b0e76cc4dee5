"""TCP: addresses it listens at and dials, and peers that do not behave."""

from __future__ import annotations

import asyncio
import errno
import shutil
import socket
import subprocess
import sys
import textwrap

import pytest

from p2pblog.core import limits
from p2pblog.core.errors import BadAddress, BadFrame, CannotListen, NotP2PBlog, Unreachable
from p2pblog.net import tcp
from p2pblog.net.tcp import TcpCarrier, dial, listen
from p2pblog.sync.frames import frame


class Host:
    """A listener on loopback, and what it accepted."""

    def __init__(self) -> None:
        self.accepted: asyncio.Queue[TcpCarrier] = asyncio.Queue()

    async def open(self, address: str = "127.0.0.1:0") -> str:
        self.listener = await listen(address, self.accepted.put_nowait)
        return self.listener.addresses[0]

    async def raw(
        self, address: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, TcpCarrier]:
        """Connect as a program that knows nothing of packets."""
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        return reader, writer, await self.accepted.get()


async def test_a_port_of_zero_takes_a_free_one_and_says_which() -> None:
    host = Host()
    address = await host.open()
    assert not address.endswith(":0")
    carrier = await dial(address)
    accepted = await host.accepted.get()
    assert carrier.remote == address
    assert accepted.remote.startswith("127.0.0.1:")
    assert carrier.kind == "tcp"
    host.listener.close()
    for end in (carrier, accepted):
        end.close()
        await end.wait_closed()


async def test_ipv6_is_written_in_brackets() -> None:
    host = Host()
    try:
        address = await host.open("[::1]:0")
    except CannotListen:
        pytest.skip("there is no IPv6 here")
    assert address.startswith("[::1]:")
    carrier = await dial(address)
    accepted = await host.accepted.get()
    assert carrier.remote == address
    assert accepted.remote.startswith("[::1]:")
    host.listener.close()
    for end in (carrier, accepted):
        end.close()
        await end.wait_closed()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Let every name stand for `hosts`."""

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (h, port, 0, 0))
            if ":" in h
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (h, port))
            for h in hosts
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


async def test_a_name_is_listened_at_on_all_its_addresses_with_one_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "::1", "127.0.0.1")
    host = Host()
    await host.open("both.example:0")
    if len(host.listener.addresses) == 1:
        host.listener.close()
        pytest.skip("there is no IPv6 here")
    six, four = (address.rpartition(":") for address in host.listener.addresses)
    assert (six[0], four[0]) == ("[::1]", "127.0.0.1")
    assert six[2] == four[2]
    carrier = await dial(f"both.example:{four[2]}")
    accepted = await host.accepted.get()
    host.listener.close()
    for end in (carrier, accepted):
        end.close()
        await end.wait_closed()


@pytest.mark.parametrize("missing", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
async def test_an_address_family_that_is_not_here_is_done_without(
    monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    asked: list[tuple[int, str]] = []

    def bind_four(family: int, sockaddr: tuple[str, int]) -> socket.socket:
        asked.append((family, sockaddr[0]))
        if family == socket.AF_INET6:
            raise OSError(missing, "not here")
        return bind(socket.AF_INET, ("127.0.0.1", sockaddr[1]))

    bind = tcp._bind
    monkeypatch.setattr(tcp, "_bind", bind_four)
    host = Host()
    await host.open("[::]:0")
    host.listener.close()
    assert asked == [(socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")]  # noqa: S104
    with pytest.raises(CannotListen):
        await host.open("[::1]:0")
    resolve_to(monkeypatch, "::1", "127.0.0.1")
    await host.open("both.example:0")
    host.listener.close()
    assert len(host.listener.addresses) == 1


def test_every_address_means_both_families() -> None:
    """In a network namespace of its own, so that nothing outside can reach it."""
    program = """
        import asyncio
        from p2pblog.net.tcp import dial, listen

        async def main():
            accepted = asyncio.Queue()
            listener = await listen("[::]:0", accepted.put_nowait)
            [address] = listener.addresses
            port = address.rpartition(":")[2]
            for host in ("127.0.0.1", "[::1]"):
                carrier = await dial(f"{host}:{port}")
                other = await accepted.get()
                print(other.remote.rpartition(":")[0])
                carrier.close()
                await other.wait_closed()
            listener.close()

        asyncio.run(main())
    """
    inside = 'ip link set lo up && exec "$0" -c "$1"'
    shell = ["sh", "-c", inside, sys.executable, textwrap.dedent(program)]
    if shutil.which("unshare") is None:
        pytest.skip("no network namespaces on this system")
    done = subprocess.run(
        ["unshare", "--net", "--map-root-user", *shell],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if "unshare" in done.stderr or "ip:" in done.stderr:
        pytest.skip(f"no network namespace here: {done.stderr.strip()}")
    assert done.stderr == ""
    assert done.stdout.split() == ["127.0.0.1", "[::1]"]


async def test_a_port_that_is_taken_is_one_clear_error() -> None:
    host = Host()
    address = await host.open()
    with pytest.raises(CannotListen, match=address):
        await listen(address, host.accepted.put_nowait)
    host.listener.close()


async def test_an_address_of_another_machine_cannot_be_listened_at() -> None:
    with pytest.raises(CannotListen):
        await listen("192.0.2.1:0", print)


async def test_a_port_nobody_listens_at_is_unreachable() -> None:
    with socket.socket() as bound:  # taken, so that nobody else gets it, but not listening
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable) as raised:
            await dial(f"127.0.0.1:{bound.getsockname()[1]}")
        assert "(connection refused)" in str(raised.value)
        assert "Connect call" not in str(raised.value)


async def test_a_name_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await dial("nobody.invalid:4114")


async def test_a_dial_that_takes_too_long_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unreachable, match="nothing came back"):
            await dial(address, timeout_s=0)


async def test_what_is_no_address_is_not_dialled() -> None:
    for text in ("127.0.0.1", "127.0.0.1:0", "0.0.0.0:4114", "[::]:4114"):
        with pytest.raises(BadAddress):
            await dial(text)


async def test_closing_a_listener_leaves_its_carriers_alone() -> None:
    host = Host()
    address = await host.open()
    carrier = await dial(address)
    accepted = await host.accepted.get()
    host.listener.close()
    with pytest.raises(Unreachable):
        await dial(address)
    carrier.write(bytes(48))
    assert await accepted.receive() == [bytes(48)]
    carrier.close()
    assert await accepted.receive() == []
    await accepted.wait_closed()


async def test_good_packets_come_out_before_a_refusal() -> None:
    host = Host()
    _, writer, accepted = await host.raw(await host.open())
    writer.write(frame(bytes(48), bytes(96), bytes(18)) + (17).to_bytes(2) + bytes(17))
    assert await accepted.receive() == [bytes(48), bytes(96), bytes(18)]
    for _ in range(2):
        with pytest.raises(BadFrame):
            await accepted.receive()
    writer.close()
    accepted.close()
    await accepted.wait_closed()
    host.listener.close()


async def test_after_a_refusal_nothing_more_is_read() -> None:
    host = Host()
    _, writer, accepted = await host.raw(await host.open())
    writer.write(b"GET / HTTP/1.1\r\n")
    with pytest.raises(NotP2PBlog):
        await accepted.receive()
    # The connection is still open, and its buffers in the system have an end.
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            while True:
                writer.write(bytes(1 << 20))
                await writer.drain()
    writer.transport.abort()
    accepted.close()
    await accepted.wait_closed()
    host.listener.close()


async def test_a_peer_that_sends_and_is_not_read_is_held_back() -> None:
    host = Host()
    _, writer, accepted = await host.raw(await host.open())
    writer.write(frame(bytes(48), bytes(96)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            while True:
                writer.write(frame(*(bytes(60_000) for _ in range(20))))
                await writer.drain()
    assert accepted._inbox.size < limits.RECEIVE_BUFFER_BYTES_MAX + (1 << 20)
    writer.transport.abort()
    accepted.close()
    await accepted.wait_closed()
    host.listener.close()


async def test_closing_does_not_wait_for_a_peer_that_never_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "CLOSE_S_MAX", 0.05)
    host = Host()
    reader, writer, accepted = await host.raw(await host.open())
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    while not accepted.buffered:
        accepted.write(bytes(60_000))
    accepted.close()
    await accepted.wait_closed()
    writer.transport.abort()
    host.listener.close()


async def test_the_end_is_told_at_once_though_there_is_more_to_send() -> None:
    host = Host()
    reader, writer, accepted = await host.raw(await host.open())
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    while not accepted.buffered:
        accepted.write(bytes(60_000))
    writer.write_eof()
    async with asyncio.timeout(limits.CLOSE_S_MAX / 2):
        assert await accepted.receive() == []
    writer.transport.abort()
    await accepted.wait_closed()
    host.listener.close()


async def test_half_a_packet_and_the_end_is_just_the_end() -> None:
    host = Host()
    _, writer, accepted = await host.raw(await host.open())
    writer.write(frame(bytes(48)) + b"\0\x60half")
    assert await accepted.receive() == [bytes(48)]
    writer.close()
    assert await accepted.receive() == []
    await accepted.wait_closed()
    host.listener.close()


async def test_a_connection_that_is_reset_is_just_the_end() -> None:
    host = Host()
    _, writer, accepted = await host.raw(await host.open())
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()
    assert await accepted.receive() == []
    await accepted.wait_closed()
    host.listener.close()


async def test_small_packets_are_not_held_back_by_the_system() -> None:
    host = Host()
    carrier = await dial(await host.open())
    accepted = await host.accepted.get()
    for end in (carrier, accepted):
        sock = end._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        end.close()
        await end.wait_closed()
    host.listener.close()
