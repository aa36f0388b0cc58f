"""The page behind a mailed link, as a sales person sees it in a browser that runs no script, on a narrow screen too."""

import json
import re
import sqlite3
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.reliability.workplace import Workplace, laid_out, serving
from serving.edge import answer_page
from tests.serving.conftest import AGREEMENT

TEAM = """
hours = "Mon-Sun 00:00-24:00"
[[sales.people]]
name = "Eve"
mail = "eve@example.com"
[routing]"""
NUMBERS = count(1)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    agreement = AGREEMENT.replace("\n[routing]", TEAM)
    more = {"ACCORD_PUBLIC_URL": "http://accord.test"}
    with serving(laid_out(tmp_path_factory.mktemp("page") / "home", agreement=agreement, more=more)) as running:
        yield running


def link(workplace: Workplace) -> str:
    """Of the newest mail, at the address where the service listens here."""
    import httpx2

    form = {"email": f"lead{next(NUMBERS)}@example.com", "country": "DE"}
    here, key = f"http://127.0.0.1:{workplace.port}", {"Authorization": f"Bearer {workplace.secret}"}
    lead = httpx2.post(f"{here}/v1/leads", json=form, headers=key).json()["lead"]
    connection = sqlite3.connect(workplace.home / "accord.db")
    [(payload,)] = connection.execute("SELECT payload FROM messages WHERE lead = ?", (lead,)).fetchall()
    connection.close()
    [address] = re.findall(r"^http://accord.test(/v1/answer/\S+)$", json.loads(payload)["text"], re.MULTILINE)
    return here + str(address)


@pytest.fixture(params=[(1000, 700), (360, 640)], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def test_a_press_accepts_and_the_page_leads_back(page: Page, workplace: Workplace) -> None:
    page.goto(link(workplace))
    expect(page.get_by_role("heading")).to_have_text("What became of it?")
    expect(page.get_by_text("Nothing is told until you press a button.")).to_be_visible()
    buttons = page.get_by_role("button")
    assert buttons.all_inner_texts() == [*answer_page.BUTTONS.values(), "Won", "Reject", "Lost"]
    for button in buttons.all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 40  # for a thumb
        assert box["x"] + box["width"] <= page.viewport_size["width"]  # type: ignore[index]  # it has one
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Thank you. It is noted.")).to_be_visible()
    page.get_by_role("link", name="Tell something else").click()
    expect(page.get_by_role("definition").last).to_have_text("accepted")


def test_a_rejection_asks_for_its_reason_and_a_loss_does_not(page: Page, workplace: Workplace) -> None:
    address = link(workplace)
    page.goto(address)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("heading")).to_have_text("What became of it?")  # the browser asks for a reason first
    page.get_by_label("Reason").select_option("not-now")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("definition").last).to_have_text("rejected")
    page.goto(link(workplace))
    page.get_by_role("button", name="Lost").click()
    expect(page.get_by_role("definition").last).to_have_text("lost")
