"""Getting pages: politely, within bounds, from public addresses only. No test leaves this machine."""

import asyncio
import gzip
import http.server
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from china_border_statistics.curation import fetching
from china_border_statistics.curation.fetching import Fetched, Fetcher, FetchError, PinnedTransport, is_public

AGENT = "china-border-statistics/0 (+https://harbour.example)"
HOME = "https://harbour.example"
Handler = Callable[[httpx.Request], httpx.Response]


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now, self.waits = 100.0, []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def streamed(answer: httpx.Response) -> httpx.Response:
    """Make an answer one that is yet to be read, as those of the network are."""
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


class Site:
    """A site that answers from a table of paths, and remembers what it was asked."""

    def __init__(self, answers: dict[str, httpx.Response | Handler]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        self.requests.append(request)
        answer = self.answers.get(str(request.url)) or self.answers.get(request.url.path) or httpx.Response(404)
        return answer(request) if callable(answer) else streamed(answer)

    def get(
        self, *urls: str, cache: Path | None = None, clock: Clock | None = None, **options: object
    ) -> list[Fetched]:
        time = clock or Clock()

        async def run() -> list[Fetched]:
            transport = httpx.MockTransport(self)
            async with Fetcher(AGENT, cache, transport=transport, clock=time, sleep=time.sleep, **options) as fetcher:
                return [await fetcher.get(url) for url in urls]

        return asyncio.run(run())


def test_a_page_is_got_by_one_that_says_who_it_is() -> None:
    site = Site({"/1": httpx.Response(200, content=b"boats", headers={"Content-Type": "text/html; charset=GBK"})})
    assert site.get(f"{HOME}/1#top") == [Fetched(f"{HOME}/1", "GBK", b"boats")]
    assert site.asked == [f"{HOME}/robots.txt", f"{HOME}/1"]
    assert {request.headers["user-agent"] for request in site.requests} == {AGENT}


def test_we_name_the_project_and_its_home_page(project: Path) -> None:
    assert fetching.user_agent(project).startswith("china-border-statistics/")
    assert "(+https://github.com/" in fetching.user_agent(project)


REDIRECT_LOOP = httpx.Response(302, headers={"Location": "/loop"})
BAD = {
    "not found": ("/none", "status 404"),
    "a server's fault": ("/500", "status 500"),
    "too many redirects": ("/loop", "more than 5 redirects"),
    "a redirect to a file": ("/file", "scheme file"),
    "a redirect to a disk": ("/ftp", "scheme ftp"),
    "a redirect to nowhere": ("/nowhere", "scheme none|no address|no answer|scheme mailto"),
    "a redirect with a password": ("/password", "name or password"),
    "packed unasked": ("/brotli", "wasn't asked for"),
    "packed twice": ("/twice", "wasn't asked for"),
    "packed wrongly": ("/broken", "can't be unpacked"),
    "cut short": ("/cut", "can't be unpacked"),
    "unpacks to more than it may": ("/bomb", "more than 20,000,000 bytes"),
    "endless": ("/endless", "more than 20,000,000 bytes"),
    "a connection that breaks": ("/break", "no answer"),
}


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b"boats " * 100_000


def _break(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("broken", request=request)


def bad_site() -> Site:
    packed = gzip.compress(b"boats" * 1000)

    def gzipped(content: bytes, encoding: str = "gzip") -> Handler:
        return lambda _: httpx.Response(200, headers={"Content-Encoding": encoding}, stream=httpx.ByteStream(content))

    return Site(
        {
            "/500": httpx.Response(500),
            "/loop": REDIRECT_LOOP,
            "/file": httpx.Response(302, headers={"Location": "file:///etc/passwd"}),
            "/ftp": httpx.Response(301, headers={"Location": "ftp://harbour.example/1"}),
            "/nowhere": httpx.Response(301, headers={"Location": "mailto:harbour"}),
            "/password": httpx.Response(301, headers={"Location": "https://me:secret@harbour.example/"}),
            "/brotli": gzipped(packed, "br"),
            "/twice": gzipped(packed, "gzip, gzip"),
            "/broken": gzipped(b"no gzip at all"),
            "/cut": gzipped(packed[:-20]),
            "/bomb": gzipped(gzip.compress(bytes(50_000_000))),
            "/endless": lambda _: httpx.Response(200, content=_endless()),
            "/break": _break,
        }
    )


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_are_errors(name: str, tmp_path: Path) -> None:
    path, words = BAD[name]
    with pytest.raises(FetchError, match=words) as error:
        bad_site().get(HOME + path, cache=tmp_path / "kept")
    assert error.value.gone == (path == "/none")
    assert not (tmp_path / "kept").exists()


def test_a_packed_page_is_unpacked() -> None:
    site = bad_site()
    content = httpx.ByteStream(gzip.compress(b"boats" * 1000))
    site.answers["/1"] = lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=content)
    assert site.get(f"{HOME}/1")[0].content == b"boats" * 1000


@pytest.mark.parametrize(
    ("robots", "path", "is_let_in"),
    [
        (httpx.Response(200, text="User-agent: *\nDisallow: /private"), "/1", True),
        (httpx.Response(200, text="User-agent: *\nDisallow: /private"), "/private/1", False),
        (httpx.Response(200, text="User-agent: *\nDisallow: /*.html$"), "/1.html", False),
        (httpx.Response(200, text="User-agent: china-border-statistics\nDisallow: /"), "/1", False),
        (httpx.Response(200, text="User-agent: another\nDisallow: /"), "/1", True),
        (httpx.Response(200, content=b"\xff\xfe\x00 no text"), "/1", True),
        (httpx.Response(404), "/1", True),
        (httpx.Response(403), "/1", True),
        (httpx.Response(503), "/1", False),
        (httpx.Response(301, headers={"Location": "/robots-new.txt"}), "/1", False),
    ],
)
def test_robots_are_obeyed(robots: httpx.Response, path: str, is_let_in: bool) -> None:
    page, new = httpx.Response(200, content=b"boats"), httpx.Response(200, text="User-agent: *\nDisallow: /")
    site = Site({"/robots.txt": robots, "/robots-new.txt": new, path: page})
    if is_let_in:
        assert site.get(HOME + path)[0].content == b"boats"
    else:
        with pytest.raises(FetchError, match=r"robots\.txt"):
            site.get(HOME + path)
        assert HOME + path not in site.asked


def test_a_redirect_asks_leave_of_the_other_host() -> None:
    site = Site(
        {
            "/1": httpx.Response(302, headers={"Location": "https://lantern.example/2"}),
            "https://lantern.example/robots.txt": httpx.Response(200, text="User-agent: *\nDisallow: /"),
        }
    )
    with pytest.raises(FetchError, match=r"robots\.txt"):
        site.get(f"{HOME}/1")
    assert site.asked[-1] == "https://lantern.example/robots.txt"


def test_a_host_is_asked_once_a_second() -> None:
    clock = Clock()
    site = Site({path: httpx.Response(200) for path in ("/1", "/2", "/3")})
    site.get(f"{HOME}/1", f"{HOME}/2", "https://lantern.example/3", clock=clock)
    assert clock.waits == [1.0, 1.0, 1.0], "robots, 1, 2; and of the other host robots at once, 3 a second later"


def test_a_crawl_delay_is_kept_to() -> None:
    clock = Clock()
    robots = httpx.Response(200, text="User-agent: *\nCrawl-delay: 7")
    Site({"/robots.txt": robots, "/1": httpx.Response(200), "/2": httpx.Response(200)}).get(
        f"{HOME}/1", f"{HOME}/2", clock=clock
    )
    assert clock.waits == [1.0, 7.0]


def test_a_page_is_kept_for_a_while(tmp_path: Path) -> None:
    site = Site({"/1": httpx.Response(200, content=b"boats")})
    first = site.get(f"{HOME}/1", cache=tmp_path)
    assert site.get(f"{HOME}/1", cache=tmp_path) == first
    assert site.asked.count(f"{HOME}/1") == 1
    site.get(f"{HOME}/1", cache=tmp_path, fresh=timedelta(0))
    assert site.asked.count(f"{HOME}/1") == 2


@pytest.mark.parametrize("suffix", [".json", ".page"])
def test_a_kept_page_that_was_tampered_with_is_got_again(tmp_path: Path, suffix: str) -> None:
    site = Site({"/1": httpx.Response(200, content=b"boats")})
    site.get(f"{HOME}/1", cache=tmp_path)
    (path,) = tmp_path.glob(f"*{suffix}")
    path.write_text("{}")
    assert site.get(f"{HOME}/1", cache=tmp_path)[0].content == b"boats"
    assert site.asked.count(f"{HOME}/1") == 2


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("2001:0:a00:1::", False),
        ("harbour.example", False),
        ("", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) == public


def pinned(answers: list[list[str]], urls: list[str]) -> list[str]:
    """Get pages through a transport whose host resolves to one answer after another; what was connected to."""
    connected: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        connected.append(request.url.host)
        assert request.headers["host"] == "harbour.example"
        assert request.extensions["sni_hostname"] == "harbour.example"
        if request.url.path == "/away":
            return httpx.Response(302, headers={"Location": "http://harbour.example/1"})
        return streamed(httpx.Response(200 if request.url.path != "/robots.txt" else 404))

    async def resolve(host: str, port: int) -> list[str]:
        assert (host, port) in {("harbour.example", 80), ("harbour.example", 443)}
        return answers.pop(0)

    async def run() -> None:
        clock = Clock()
        transport = PinnedTransport(httpx.MockTransport(answer), resolve)
        async with Fetcher(AGENT, transport=transport, clock=clock, sleep=clock.sleep) as fetcher:
            for url in urls:
                await fetcher.get(url)

    try:
        asyncio.run(run())
    except FetchError as error:
        connected.append(str(error))
    return connected


PUBLIC, OTHER, PRIVATE = "93.184.215.14", "93.184.215.15", "10.0.0.7"


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    assert pinned([[PUBLIC], [OTHER, PUBLIC]], [f"{HOME}/1"]) == [PUBLIC, OTHER]


@pytest.mark.parametrize(
    "answers",
    [
        [[PRIVATE]],
        [[PUBLIC, PRIVATE]],
        [[]],
        # A name that answers otherwise the second time: each request is checked anew, and goes where it was checked.
        [[PUBLIC], [PRIVATE]],
        [[PUBLIC], [PUBLIC], [PUBLIC], [PRIVATE]],
    ],
)
def test_a_host_that_is_not_public_is_never_connected_to(answers: list[list[str]]) -> None:
    *connected, error = pinned(answers, [f"{HOME}/away"])
    assert set(connected) <= {PUBLIC}
    assert "no public address" in error


def test_a_redirect_to_a_private_address() -> None:
    async def resolve(host: str, _port: int) -> list[str]:
        return [PUBLIC if host == "harbour.example" else host]

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == PUBLIC
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/latest/meta-data"})

    async def run() -> None:
        clock = Clock()
        transport = PinnedTransport(httpx.MockTransport(answer), resolve)
        async with Fetcher(AGENT, transport=transport, clock=clock, sleep=clock.sleep) as fetcher:
            await fetcher.get(f"{HOME}/1")

    with pytest.raises(FetchError, match=r"169\.254\.169\.254: no public address"):
        asyncio.run(run())


@pytest.mark.parametrize(
    "address",
    [
        # Other ways to write 127.0.0.1, which the system's resolver knows.
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://017700000001/", "http://127.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:0:0:1]/",
        "http://localhost/", "http://0/", "http://169.254.169.254/", "http://10.0.0.1:80/", "http://１２７.０.０.１/",
        # No address at all.
        "http://[x/", "//[", f"http://{'a' * 70}.example/", "http://a..b/", "http://xn--a/", "javascript:alert(1)",
        "file:///etc/passwd", "http://user:secret@harbour.example/", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["asked", "redirected"])
def test_an_address_that_leads_inside_or_nowhere(address: str, how: str) -> None:
    """Only the made-up host is resolved by the test; all others by the system itself."""

    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC] if host == "harbour.example" else await fetching.resolve(host, port)

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == PUBLIC
        if request.url.path == "/robots.txt" or not address:
            return httpx.Response(404)
        return httpx.Response(302, headers=[(b"location", address.encode())])

    async def run() -> None:
        clock = Clock()
        transport = PinnedTransport(httpx.MockTransport(answer), resolve)
        async with Fetcher(AGENT, transport=transport, clock=clock, sleep=clock.sleep) as fetcher:
            await fetcher.get(address if how == "asked" else f"{HOME}/1")

    with pytest.raises(FetchError):
        asyncio.run(run())


def test_a_name_that_does_not_resolve() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    async def run() -> None:
        async with Fetcher(AGENT, transport=PinnedTransport(resolve=resolve)) as fetcher:
            await fetcher.get(f"{HOME}/1")

    with pytest.raises(FetchError, match=r"no address of harbour\.example"):
        asyncio.run(run())


class Harbour(http.server.BaseHTTPRequestHandler):
    """A site on this machine, one page of which is sent so slowly that it never ends."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/robots.txt" else 200)
        self.send_header("X-Host", self.headers["Host"])
        self.end_headers()
        try:
            while self.path == "/drip" and not self.server.stopped.wait(0.02):  # type: ignore[attr-defined]
                self.wfile.write(b"drop ")
            self.wfile.write(self.headers["Host"].encode())
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Harbour)
    server.stopped = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.stopped.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def get_from_this_machine(url: str, **options: object) -> Fetched:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> Fetched:
        clock = Clock()
        transport = PinnedTransport(resolve=resolve, **options)
        async with Fetcher(AGENT, transport=transport, clock=clock, sleep=clock.sleep) as fetcher:
            return await fetcher.get(url)

    return asyncio.run(run())


def test_over_a_real_connection_the_host_is_the_one_asked_for(port: int) -> None:
    got = get_from_this_machine(f"http://harbour.example:{port}/1", allowed=lambda _: True)
    assert got == Fetched(f"http://harbour.example:{port}/1", None, f"harbour.example:{port}".encode())


def test_over_a_real_connection_this_machine_is_refused(port: int) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.1: no public address"):
        get_from_this_machine(f"http://harbour.example:{port}/1")


def test_a_page_that_drips_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    with pytest.raises(FetchError, match="no page within"):
        get_from_this_machine(f"http://harbour.example:{port}/drip", allowed=lambda _: True)
