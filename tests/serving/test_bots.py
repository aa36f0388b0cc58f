from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import httpx2
import pytest

from tests.serving.conftest import PAGE, Service, laid_out, start, stop

LONG = "We are looking for a supplier of steel parts for our plant in Graz and would like a quote."
PEOPLE = count()


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Believes this computer when it says for whom it asks."""
    running = start(laid_out(tmp_path_factory.mktemp("bots") / "home"), ACCORD_TRUSTED_PROXIES="127.0.0.1")
    yield running
    stop(running)


def somebody(domain: str = "example.com") -> str:
    return f"person{next(PEOPLE)}@{domain}"


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def sent(
    service: Service, form: Mapping[str, object], public: bool = False, client: str | None = None
) -> tuple[str, set[str]]:
    """The route, and the marks, read as a person's own export."""
    form = {"email": somebody()} | dict(form)
    headers = {"Origin": PAGE} | ({"X-Forwarded-For": client} if client else {})
    answer = service.call("POST", "/v1/leads", service.public if public else service.secret, headers, json=form)
    assert answer.status_code == 201, answer.text
    known = service.call("POST", "/v1/people/export", service.secret, json={"person": form["email"]}).json()["leads"]
    lead = next(one for one in known if one["lead"] == answer.json()["lead"])
    return lead["decisions"][-1]["route"], set(lead["submissions"][-1]["marks"])


def test_an_ordinary_form_is_not_marked(service: Service) -> None:
    route, marks = sent(service, {"country": "DE", "message": LONG + " Kind regards, Zoë", "_opened_at": ago(8)})
    assert (route, marks) == ("sales", set())


@pytest.mark.parametrize("public", [False, True], ids=["secret key", "page"])
@pytest.mark.parametrize(
    ("added", "mark"),
    [({"_website": "https://buy.example"}, "honeypot"), ({"_opened_at": "now"}, "too-fast")],
    ids=["honeypot", "too fast"],
)
def test_what_no_person_does_puts_a_lead_into_quarantine(
    service: Service, added: dict[str, str], mark: str, public: bool
) -> None:
    added = {name: ago(0.2) if value == "now" else value for name, value in added.items()}
    assert sent(service, {"country": "DE", **added}, public) == ("quarantine", {mark})


def test_a_bot_is_answered_like_everybody_and_its_lead_is_no_sales_matter(service: Service) -> None:
    form = {"email": somebody(), "country": "DE", "_website": "x"}
    person = service.send({"email": somebody(), "country": "DE"})
    bot, page = service.send(form), service.send({**form, "email": somebody()}, service.public)
    assert list(bot.json()) == list(person.json())
    facts = bot.json()
    assert (facts["route"], facts["owner"], facts["respond_by"], facts["propensity"]) == (
        "quarantine",
        "marketing",
        None,
        None,
    )
    assert page.status_code == 201
    assert list(page.json()) == ["lead", "next"]


def test_a_form_opened_two_seconds_ago_is_a_persons(service: Service) -> None:
    assert sent(service, {"_opened_at": ago(2.1)})[1] == set()


def test_a_throw_away_address_alone_does_not_cost_a_lead(service: Service) -> None:
    assert sent(service, {"email": somebody("mailinator.com"), "country": "DE"}) == ("sales", {"disposable-address"})
    assert sent(service, {"message": "Our site is https://example.com", "country": "DE"}) == ("sales", {"links"})


def test_a_throw_away_address_that_advertises_is_spam(service: Service) -> None:
    form = {"email": somebody("mailinator.com"), "message": "Cheap pills: www.example.com", "country": "DE"}
    assert sent(service, form) == ("quarantine", {"disposable-address", "links"})


def test_the_same_words_from_a_fifth_person_are_a_lists(service: Service) -> None:
    words = "Dear Sir, we can bring your company to the first page of every search engine."
    told = [words, words.upper(), words.replace(" ", "\n"), words.replace(",", " -") + "!!!", words]
    routes = [sent(service, {"message": text, "country": "DE"})[0] for text in told]
    assert routes == ["sales"] * 4 + ["quarantine"]
    assert sent(service, {"message": words + " Truly.", "country": "DE"})[0] == "sales"


def test_one_person_may_repeat_herself_and_short_words_are_everybodys(service: Service) -> None:
    same = {
        "email": somebody(),
        "country": "DE",
        "message": "I have asked this before and nobody has called me back yet.",
    }
    assert {sent(service, same)[0] for _ in range(7)} == {"sales"}
    assert {sent(service, {"country": "DE", "message": "Please call me back"})[0] for _ in range(7)} == {"sales"}


def test_an_address_that_floods_a_page_is_stopped_after_ten(behind_proxy: Service) -> None:
    flood = [sent(behind_proxy, {"country": "DE"}, True, "8.8.4.4") for _ in range(12)]
    assert [route for route, _ in flood] == ["sales"] * 10 + ["quarantine"] * 2
    assert flood[-1][1] == {"many-sendings"}
    assert sent(behind_proxy, {"country": "DE"}, True, "9.9.9.9")[0] == "sales"


def test_a_household_with_many_addresses_is_one_sender(behind_proxy: Service) -> None:
    flood = [sent(behind_proxy, {"country": "DE"}, True, f"2a00:1450:4001:800::{place:x}")[0] for place in range(1, 12)]
    assert flood == ["sales"] * 10 + ["quarantine"]


@pytest.mark.parametrize(
    ("public", "client"), [(False, "1.1.1.1"), (True, "10.1.2.3"), (True, None)], ids=["server", "office", "proxy"]
)
def test_whoever_sends_for_many_people_may(behind_proxy: Service, public: bool, client: str | None) -> None:
    assert {sent(behind_proxy, {"country": "DE"}, public, client)[0] for _ in range(12)} == {"sales"}


def test_invisible_characters_are_noted_and_cost_nothing(service: Service) -> None:
    assert sent(service, {"country": "DE", "name": "Jane\u202e Doe"}) == ("sales", {"sanitised"})
    assert sent(service, {"country": "DE", "name": "می\u200cخواهم"})[1] == set()


@pytest.mark.parametrize(
    ("domain", "noted"),
    [
        ("аpple.com", True),
        ("xn--pple-43d.com", True),
        ("apple.com", False),
        ("пример.com", False),
        ("bücher.example", False),
        ("日本abc.jp", False),
    ],
    ids=["Cyrillic a", "the same in ASCII", "Latin", "all Cyrillic", "umlaut", "Japanese and Latin"],
)
def test_a_look_alike_domain_is_noted_and_is_another_person(service: Service, domain: str, noted: bool) -> None:
    address = somebody(domain)
    route, marks = sent(service, {"country": "DE", "email": address})
    assert (route, "confusable" in marks) == ("sales", noted)


def test_of_many_bots_nearly_all_wait_and_of_many_people_nobody(behind_proxy: Service) -> None:
    draw = Random(7)
    spam = [f"Number {number} of our offers brings customers to your site https://spam.example" for number in range(3)]

    def bot(number: int) -> tuple[dict[str, object], str]:
        form: dict[str, object] = {"email": somebody(), "country": "DE", "message": draw.choice(spam)}
        kind = number % 4
        if kind == 0:
            form["_website"] = "spam.example"
        elif kind == 1:
            form["_opened_at"] = ago(draw.random())
        elif kind == 2:
            form["email"] = somebody("mailinator.com")
        return form, f"45.{draw.randrange(256)}.{draw.randrange(256)}.7"

    def person(number: int) -> tuple[dict[str, object], str]:
        form: dict[str, object] = {"email": somebody(), "country": "DE", "message": f"{LONG} Reference {number}."}
        if number % 50 == 0:
            form["email"] = somebody("mailinator.com")
        return form | {"_opened_at": ago(draw.uniform(4, 600))}, f"91.{draw.randrange(256)}.{draw.randrange(256)}.9"

    def waiting() -> set[str]:
        return {one["lead"] for one in client.get("/v1/quarantine?limit=200", headers=secret).json()["leads"]}

    secret = {"Authorization": f"Bearer {behind_proxy.secret}"}
    leads: dict[Any, list[str]] = {bot: [], person: []}
    with httpx2.Client(base_url=behind_proxy.url) as client:
        for number, make in [(number, make) for number in range(150) for make in leads]:
            form, address = make(number)
            headers = {"Authorization": f"Bearer {behind_proxy.public}", "Origin": PAGE, "X-Forwarded-For": address}
            leads[make].append(client.post("/v1/leads", headers=headers, json=form).json()["lead"])
        quarantine = waiting()
    assert not quarantine.intersection(leads[person])
    # Each text passes four times before it is known to come from a list.
    assert len(quarantine.intersection(leads[bot])) >= len(leads[bot]) - 3 * 4
