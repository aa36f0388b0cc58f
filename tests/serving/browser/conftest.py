"""A page of another origin, and the system's Chromium that opens it."""

import json
import os
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from leads.ledger import create_key, open_ledger
from tests.serving.conftest import Service, laid_out, start, stop

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SNIPPET = '<script src="{service}/v1/form.js" data-key="{key}" async></script>'
FORM = """
<form data-accord id="contact">
  <label>E-mail <input name="email" type="email" required></label>
  <label>Name <input name="name"></label>
  <label>Budget <input name="budget" type="number" step="any"></label>
  <label>Industry <select name="industry"><option value="">-</option><option>Steel</option></select></label>
  <label>Start <input name="start_on" type="date"></label>
  <label><input name="demo_requested" type="checkbox"> Show me</label>
  <label>Message <textarea name="message"></textarea></label>
  <input type="hidden" name="csrf" value="of the page alone">
  <input type="password" name="country">
  <button name="go" value="1">Send</button>
</form>
"""


def chromium() -> str:
    named = os.environ.get("ACCORD_CHROMIUM")
    found = named or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        said = "No Chromium was found: install it (Debian: apt-get install chromium) or name one in ACCORD_CHROMIUM."
        pytest.fail(said) if os.environ.get("CI") else pytest.skip(said)
    return str(found)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    expect.set_options(timeout=30_000)  # two busy cores
    unboxed = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=unboxed)
        yield running
        running.close()


@dataclass
class Site:
    """Pages by their path, with the headers that they are sent with."""

    url: str
    pages: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def site_on(host: str) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = site.pages.get(self.path.partition("?")[0])
            self.send_response(200 if text else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **site.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://{host}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def site_of_module() -> Iterator[Site]:
    yield from site_on("127.0.0.1")


@pytest.fixture
def site(site_of_module: Site) -> Site:
    site_of_module.pages.clear()
    site_of_module.headers.clear()
    return site_of_module


@pytest.fixture
def foreign_site() -> Iterator[Site]:
    yield from site_on("localhost")


@dataclass
class Accord:
    """A service on a port of its own that can be stopped and started again."""

    service: Service
    port: int
    before: int = 0

    def start(self) -> None:
        start(self.service, "--port", str(self.port))

    def stop(self) -> None:
        stop(self.service)

    def key(self, *origins: str) -> str:
        ledger = open_ledger(self.service.database)
        made = create_key(ledger, "pk", origins)
        ledger.close()
        return made

    def submissions(self) -> list[dict[str, Any]]:
        """Of the test that runs."""
        return self.all_submissions()[self.before :]

    def all_submissions(self) -> list[dict[str, Any]]:
        with sqlite3.connect(self.service.home / "accord.db") as connection:
            rows = connection.execute("SELECT form, marks FROM submissions ORDER BY received_at").fetchall()
        connection.close()
        return [json.loads(form) | {"marks": json.loads(marks)} for form, marks in rows]


@pytest.fixture(scope="module")
def accord_of_module(tmp_path_factory: pytest.TempPathFactory, site_of_module: Site) -> Iterator[Accord]:
    """The site's origin is known to it from its start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service = laid_out(tmp_path_factory.mktemp("accord") / "home")
    service.url = f"http://127.0.0.1:{port}"
    running = Accord(service, port)
    running.key(site_of_module.url)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def accord_service(accord_of_module: Accord) -> Accord:
    accord_of_module.before = len(accord_of_module.all_submissions())
    return accord_of_module


@pytest.fixture
def contact_page(browser: Browser, site: Site, accord_service: Accord) -> Iterator[Callable[..., Page]]:
    """Opens the site's page with a form and the snippet; `form` and `path` may differ."""
    contexts = []

    def opened(form: str = FORM, path: str = "/contact", **context: Any) -> Page:
        snippet = SNIPPET.format(service=accord_service.service.url, key=accord_service.key(site.url))
        site.pages[path.partition("?")[0]] = f"<!doctype html><title>Contact</title>{snippet}{form}"
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.goto(site.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
