"""How a receiver is reached: its name is looked up at each attempt, every address it has is checked, and the connection
is made to a checked address and to no other."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpcore2

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name."""
Permit = Callable[[str, int], bool]
LOOKUPS = 32
MOST_ADDRESSES = 4
"""So many addresses of a name are tried, one after another."""


class UnknownName(Exception):
    """The receiver's name has no address."""


class NotPermitted(Exception):
    """One of the name's addresses may not be connected to."""


class Lookups:
    """Names are looked up in threads of their own, each name in at most one: a name server that is silent for one
    receiver holds up no other."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, "accord-lookup")
        self._running: dict[tuple[str, int], asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        asked = (host, port)
        if asked not in self._running:
            looking = asyncio.get_running_loop().run_in_executor(self._threads, addresses_of, host, port)
            self._running[asked] = looking
            looking.add_done_callback(lambda _: self._running.pop(asked))
        return await asyncio.shield(self._running[asked])

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def addresses_of(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownName from None
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """The network as the HTTP client sees it. TLS, its server name and its certificate stay those of the name."""

    def __init__(self, permit: Permit, resolve: Resolve, network: httpcore2.AsyncNetworkBackend) -> None:
        self._permit = permit
        self._resolve = resolve
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise UnknownName
        if not all(self._permit(address, port) for address in addresses):
            raise NotPermitted
        failed: Exception = UnknownName()
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return await self._connect(address, port, timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _connect(self, address: str, port: int, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        stream = await self._network.connect_tcp(address, port, timeout)
        peer = stream.get_extra_info("server_addr")
        if peer is None or peer[0] != address:
            await stream.aclose()
            raise NotPermitted
        return stream
