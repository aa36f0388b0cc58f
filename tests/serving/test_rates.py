import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from leads.ledger import create_key, open_ledger
from leads.refusal import Refusal
from serving.edge.proxies import trusted_proxies
from serving.edge.rates import neighbourhood, per_minute
from tests.serving.conftest import PAGE, ROOT, Service, environment, laid_out, start, stop


@pytest.fixture
def a_fresh_minute() -> None:
    """Limits slide with the clock's minutes: a test that counts calls must not straddle two of them."""
    left = 60 - time.time() % 60
    if left < 10:
        time.sleep(left)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = start(laid_out(tmp_path_factory.mktemp("limited") / "home"))
    yield service
    stop(service)


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = laid_out(tmp_path_factory.mktemp("proxied") / "home")
    yield start(service, ACCORD_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8")
    stop(service)


def key_of(service: Service, kind: Any, rate: str | None = None) -> str:
    ledger = open_ledger(service.database)
    key = create_key(ledger, kind, [PAGE] if kind == "pk" else [], rate=rate)
    ledger.close()
    return key


def asked(service: Service, key: str, times: int, forwarded: str = "") -> list[httpx2.Response]:
    """Reads the form again and again; `forwarded` is X-Forwarded-For with the turn's number for a *."""
    headers = {"Authorization": f"Bearer {key}", "Origin": PAGE}
    with httpx2.Client(base_url=service.url, headers=headers) as client:
        told = [{"X-Forwarded-For": forwarded.replace("*", str(turn))} if forwarded else {} for turn in range(times)]
        return [client.get("/v1/form", headers=more) for more in told]


def statuses(answers: list[httpx2.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


@pytest.mark.usefixtures("a_fresh_minute")
def test_a_client_may_send_so_much_with_a_publishable_key_and_is_told_when_to_come_again(limited: Service) -> None:
    *answered, refused = asked(limited, key_of(limited, "pk"), 61)
    assert statuses(answered) == [200] * 60
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "/problems/rate-limited"
    assert refused.headers["Access-Control-Allow-Origin"] == PAGE
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert statuses(asked(limited, key_of(limited, "pk"), 1)) == [200]


@pytest.mark.usefixtures("a_fresh_minute")
def test_a_key_may_have_a_rate_of_its_own(limited: Service) -> None:
    answers = asked(limited, key_of(limited, "sk", "7/minute"), 9)
    assert statuses(answers) == [200] * 7 + [429] * 2


@pytest.mark.usefixtures("a_fresh_minute")
def test_who_tries_keys_is_stopped_and_who_has_one_goes_on(limited: Service) -> None:
    guesses = statuses(asked(limited, "sk_" + "0" * 64, 62))
    assert guesses[0] == 401
    assert guesses[-1] == 429
    assert guesses == sorted(guesses)
    assert statuses(asked(limited, limited.secret, 1)) == [200]


def test_health_is_not_limited(limited: Service) -> None:
    with httpx2.Client(base_url=limited.url) as client:
        assert {client.get("/healthz").status_code for _ in range(100)} == {200}


@pytest.mark.usefixtures("a_fresh_minute")
def test_nobody_is_believed_where_no_proxy_was_named(limited: Service) -> None:
    answers = asked(limited, key_of(limited, "pk"), 61, "203.0.113.*")
    assert statuses(answers) == [200] * 60 + [429]


ONE_HOP = "203.0.113.9"
TWO_HOPS = "203.0.113.9, 10.1.2.3"


@pytest.mark.usefixtures("a_fresh_minute")
@pytest.mark.parametrize("told", [ONE_HOP, TWO_HOPS])
def test_an_invented_first_address_changes_nothing(behind_a_proxy: Service, told: str) -> None:
    answers = asked(behind_a_proxy, key_of(behind_a_proxy, "pk"), 61, f"198.51.100.*, {told}")
    assert statuses(answers) == [200] * 60 + [429]


@pytest.mark.usefixtures("a_fresh_minute")
def test_clients_behind_a_proxy_are_told_apart(behind_a_proxy: Service) -> None:
    answers = asked(behind_a_proxy, key_of(behind_a_proxy, "pk"), 80, "198.51.100.7, 203.0.113.*")
    assert statuses(answers) == [200] * 80


@pytest.mark.parametrize("text", ["*", "10.0.0.0/8,*", "proxy.example", "10.0.0.0/99"])
def test_a_list_that_would_trust_everyone_or_no_one_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="ACCORD_TRUSTED_PROXIES"):
        trusted_proxies(text)


def test_the_command_refuses_a_star_and_says_why(limited: Service) -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "accord.py", "serve", "--port", "0"],
        env=environment(limited.home) | {"ACCORD_TRUSTED_PROXIES": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 2
    assert "X-Forwarded-For" in told.stderr


def test_an_ipv4_network_is_known_on_an_ipv6_socket_too() -> None:
    assert trusted_proxies("10.1.2.3/8, ::1") == ["10.0.0.0/8", "::ffff:10.0.0.0/104", "::1/128"]
    assert trusted_proxies("") == []


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("x" * 300, "x" * 100),
    ],
)
def test_an_ipv6_household_is_one_client(host: str, client: str) -> None:
    assert neighbourhood(host) == client


@pytest.mark.parametrize("text", ["", "0/minute", "-1/minute", "5", "5/second", "1.5/minute", "5/minute/minute"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="600/minute"):
        per_minute(text)
