"""Pages got from the network: politely, within bounds, and from public addresses only.

Politely: ``robots.txt`` is obeyed, a host is asked once a second at most, and what was got is kept on disk for a day.
Bounds: 20 MB, 60 seconds and 5 redirects a page, from the first look-up of its name to its last byte. Only http and
https, and only public addresses: every name is resolved here, all its addresses are checked, and the connection goes
to one of those, so that a name which answers differently the next time gains nothing. Every redirect is a new request,
with all the checks.
"""

import asyncio
import hashlib
import ipaddress
import json
import re
import socket
import time
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from protego import Protego

from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.parsing import MOST_BYTES
from china_border_statistics.exports import replace_file

SECONDS = 60.0
MOST_REDIRECTS = 5
SECONDS_BETWEEN = 1.0
FRESH = timedelta(days=1)
_PATIENCE = httpx.Timeout(15.0)
_MOST_AT_ONCE = 8
# RFC 9309: at least 500 KiB of a robots.txt are read; there is none if the answer is 4xx, and no leave if it is 5xx.
_MOST_ROBOTS_BYTES = 500 * 1024
_LONGEST_CRAWL_DELAY = 30.0
_CHECKOUT = Path(__file__).parents[3]
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
_MAPPED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


class FetchError(Exception):
    """A page that couldn't be got.

    Attributes
    ----------
    gone : bool
        Whether its host says that it is no longer there (404, 410).
    """

    def __init__(self, found: str, *, gone: bool = False) -> None:
        self.gone = gone
        super().__init__(found)


@dataclass(frozen=True)
class Fetched:
    """What was got: the address after redirects, the encoding the server declares, and the bytes."""

    url: str
    charset: str | None
    content: bytes


def user_agent(root: Path = _CHECKOUT) -> str:
    """What we call ourselves: the project, its version and its home page."""
    metadata = Metadata.read(root)
    return f"{metadata.name}/{metadata.version} (+{metadata.homepage})"


async def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet: not private, loopback, link-local, reserved or multicast.

    IPv6 addresses that carry an IPv4 one inside (mapped, NAT64, 6to4, Teredo) aren't: they hide another.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and (parsed.ipv4_mapped or any(parsed in net for net in _MAPPED)):
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connects to an address that was checked, and to no other that the name may stand for.

    Parameters
    ----------
    inner : httpx.AsyncBaseTransport
        What connects.
    resolve : callable
        Addresses of a host and port.
    allowed : callable
        Whether an address may be connected to.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = resolve,
        allowed: Callable[[str], bool] = is_public,
    ) -> None:
        # One connection for each request: kept ones would be shared between names of one address.
        self._inner = inner or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
        self._resolve = resolve
        self._allowed = allowed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to a checked address of its host; name and certificate stay those of the host."""
        host = request.url.host
        try:
            addresses = await self._resolve(host, request.url.port or {"http": 80, "https": 443}[request.url.scheme])
        except (OSError, UnicodeError) as error:  # a label of a name has 63 characters at most, and one at least
            raise FetchError(f"no address of {host}") from error
        refused = [address for address in addresses if not self._allowed(address)]
        if refused or not addresses:
            raise FetchError(f"{host}, which is {refused[0] if refused else 'nowhere'}: no public address")
        request.url = request.url.copy_with(host=addresses[0])
        request.extensions = {**request.extensions, "sni_hostname": host}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what connects."""
        await self._inner.aclose()


@dataclass
class _Host:
    """What is known of a host: when it may be asked next, and what it lets robots do."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0.0
    delay: float = SECONDS_BETWEEN
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    robots: Protego | None = None
    trouble: FetchError | None = None


class Fetcher:
    """Gets pages; use it as an asynchronous context.

    Parameters
    ----------
    agent : str
        What it calls itself: the project and its home page.
    cache : Path, optional
        Folder to keep pages in; asked for again within ``fresh``, they come from there.
    transport : httpx.AsyncBaseTransport, optional
        What connects.
    fresh : timedelta
        How long a kept page is good for.
    clock, sleep : callable
        Seconds from some point on, and how to wait.
    """

    def __init__(
        self,
        agent: str,
        cache: Path | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        fresh: timedelta = FRESH,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._token = agent.partition("/")[0]  # what a robots.txt calls us
        self._cache = cache
        self._fresh = fresh
        self._clock, self._sleep = clock, sleep
        self._hosts: dict[str, _Host] = {}
        self._at_once = asyncio.Semaphore(_MOST_AT_ONCE)
        self._client = httpx.AsyncClient(
            transport=transport or PinnedTransport(),
            headers={"User-Agent": agent, "Accept-Encoding": "gzip", "Accept": "text/html, application/pdf, */*;q=0.5"},
            timeout=_PATIENCE,
            trust_env=False,  # a proxy would resolve the names anew
            follow_redirects=False,
        )

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: str) -> Fetched:
        """Get a page.

        Raises
        ------
        FetchError
            If it can't be got, mustn't be, is too large or takes too long.
        """
        kept = self._read_kept(url)
        if kept is not None:
            return kept
        fetched = await self._follow(url)
        self._keep(url, fetched)
        return fetched

    async def _follow(self, url: str) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            parsed = _parse(url)
            host = self._hosts.setdefault(_origin(parsed), _Host())
            await self._ask_leave(host, parsed)
            answer = await self._request(host, parsed, MOST_BYTES)
            if isinstance(answer, Fetched):
                return answer
            url = _joined(url, answer)
        raise FetchError(f"more than {MOST_REDIRECTS} redirects")

    async def _ask_leave(self, host: _Host, url: httpx.URL) -> None:
        async with host.reading:
            if host.trouble is not None:
                raise host.trouble
            if host.robots is None:
                try:
                    host.robots = await self._read_robots(host, url)
                except FetchError as error:
                    host.trouble = error  # asked once: a host that is down has many pages
                    raise
                delay = host.robots.crawl_delay(self._token)
                host.delay = min(max(SECONDS_BETWEEN, delay or 0), _LONGEST_CRAWL_DELAY)
        if not host.robots.can_fetch(str(url), self._token):
            raise FetchError("a page that robots.txt keeps from robots")

    async def _read_robots(self, host: _Host, url: httpx.URL) -> Protego:
        robots = url.copy_with(raw_path=b"/robots.txt", fragment=None)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                answer = await self._request(host, robots, _MOST_ROBOTS_BYTES)
            except _StatusError as error:
                if error.status < 500:
                    return Protego.parse("")
                raise FetchError(f"robots.txt with status {error.status}, which forbids all") from error
            if isinstance(answer, Fetched):
                return Protego.parse(answer.content.decode(errors="replace"))
            robots = _parse(_joined(str(robots), answer))
        return Protego.parse("")

    async def _request(self, host: _Host, url: httpx.URL, most: int) -> Fetched | str:
        """One request: what was got, or where it is said to be."""
        await self._wait_for_turn(host)
        try:
            async with self._at_once, asyncio.timeout(SECONDS), self._client.stream("GET", url) as response:
                if response.is_redirect and "location" in response.headers:
                    return response.headers["location"]
                if response.status_code != httpx.codes.OK:
                    raise _StatusError(response.status_code)
                content = await _read(response, most)
        except TimeoutError as error:
            raise FetchError(f"no page within {SECONDS:.0f} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:  # httpx reads redirects, too
            raise FetchError(f"no answer ({type(error).__name__})") from error
        charset = _CHARSET.search(response.headers.get("content-type", ""))
        return Fetched(str(url), charset and charset[1], content)

    async def _wait_for_turn(self, host: _Host) -> None:
        async with host.turn:
            wait = host.next_at - self._clock()
            if wait > 0:
                await self._sleep(wait)
            host.next_at = self._clock() + host.delay

    def _paths(self, url: str) -> tuple[Path, Path]:
        assert self._cache is not None  # noqa: S101  asked for by the two below
        name = hashlib.sha256(url.encode()).hexdigest()
        return self._cache / f"{name}.json", self._cache / f"{name}.page"

    def _read_kept(self, url: str) -> Fetched | None:
        if self._cache is None:
            return None
        about, page = self._paths(url)
        try:
            meta: dict[str, Any] = json.loads(about.read_text("utf-8"))
            content = page.read_bytes()
            whole = hashlib.sha256(content).hexdigest() == meta["sha256"]
            if whole and time.time() - meta["got"] < self._fresh.total_seconds():
                return Fetched(meta["url"], meta["charset"], content)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # not kept, or not to be trusted
        return None

    def _keep(self, url: str, fetched: Fetched) -> None:
        if self._cache is None:
            return
        about, page = self._paths(url)
        sha256 = hashlib.sha256(fetched.content).hexdigest()
        meta = {"asked": url, "url": fetched.url, "charset": fetched.charset, "sha256": sha256, "got": time.time()}
        # A page that can't be kept, on a full disk or in a closed folder, is a page nevertheless.
        with suppress(OSError):
            self._cache.mkdir(parents=True, exist_ok=True)
            for path, content in ((page, fetched.content), (about, json.dumps(meta).encode())):
                replace_file(path, content)


class _StatusError(FetchError):
    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"status {status}", gone=status in (404, 410))


def _parse(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError("no address") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise FetchError(f"an address of scheme {parsed.scheme or 'none'}, not http or https")
    if parsed.userinfo:
        raise FetchError("an address with a name or password in it")
    return parsed.copy_with(fragment=None)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise FetchError("a redirect to no address") from error


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"


async def _read(response: httpx.Response, most: int) -> bytes:
    """Read a body of at most so many bytes, unpacked too; httpx would unpack a chunk to whatever size it claims."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise FetchError("a page packed in a way that wasn't asked for")
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if "gzip" in encoding else None
    content = bytearray()
    async for chunk in response.aiter_raw():
        try:
            content += unpack.decompress(chunk, most + 1 - len(content)) if unpack else chunk
        except zlib.error as error:
            raise FetchError("a page that can't be unpacked") from error
        if len(content) > most:
            raise FetchError(f"more than {most:,} bytes")
    if unpack and not unpack.eof:
        raise FetchError("a page that can't be unpacked")
    return bytes(content)
