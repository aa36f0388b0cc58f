"""MLflow's pages as somebody meets them who types `accord mlflow`. With ACCORD_PICTURES=docs the test also makes the
pictures of the docs again."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.training.experiment.conftest import Place


@pytest.fixture(scope="module")
def addresses(trained_twice: Place) -> Iterator[tuple[str, str]]:
    """Of the trainings and of the registered model, as the command says them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "MLFLOW_"))}
    command = subprocess.Popen(
        [sys.executable, "-m", "accord", "mlflow", "--port", "0"],
        env=environment | {"ACCORD_HOME": str(trained_twice.settings.home)},
        cwd=trained_twice.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    with command:
        assert command.stdout is not None
        said = [command.stdout.readline() for _ in range(4)]
        yield said[1].split()[-1], said[2].split()[-1]
        command.send_signal(signal.SIGINT)
        assert command.wait(timeout=60) == 0


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1360, "height": 820})
    page = context.new_page()
    page.set_default_timeout(60_000)
    assistant = page.get_by_role("button", name="New Chat")  # of a panel that MLflow opens on a first visit
    page.add_locator_handler(assistant, lambda: page.get_by_role("button", name="Close", exact=True).click())
    yield page
    context.close()


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("ACCORD_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


def row(page: Page, run: str) -> Locator:
    """The part of the row that stays where the list is scrolled sideways."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=run, exact=True))


def winners(place: Place) -> list[str]:
    return [f"{one['model'].rpartition('/')[2]} {one['scored_by']}" for one in place.told]


def test_champion_and_challenger_are_found_in_the_list_and_compared(
    page: Page, addresses: tuple[str, str], trained_twice: Place
) -> None:
    page.goto(addresses[0])
    champion, challenger = winners(trained_twice)
    for run, told, table in zip((champion, challenger), trained_twice.told, ("october", "november"), strict=True):
        expect(row(page, run)).to_be_visible()
        expect(page.get_by_text(f"{round(told['metrics']['log_loss'], 5)}", exact=True).first).to_be_visible()
        expect(page.get_by_text(f"leads_{table}.csv").first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^conversion"))).to_have_count(2)
    candidates = sum(len(one["candidates"]) for one in trained_twice.told)
    expect(page.get_by_text(f"{candidates} matching runs")).to_be_visible()
    expect(row(page, "2 base rate")).to_be_visible()
    keep(page, "mlflow-runs")
    for run in (champion, challenger):
        row(page, run).get_by_role("checkbox", name="toggle row selection").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Comparing 2 Runs from 1 Experiment")).to_be_visible()
    expect(page.get_by_role("tab", name="Parallel Coordinates Plot")).to_have_attribute("aria-selected", "true")
    for run in (champion, challenger):
        expect(page.get_by_text(run, exact=True).first).to_be_attached()
    expect(page.get_by_text("log_loss").first).to_be_visible()


def test_the_chart_view_opens_with_lines_and_bars_of_every_candidate(page: Page, addresses: tuple[str, str]) -> None:
    page.goto(f"{addresses[0]}&compareRunsMode=CHART")
    expect(page.get_by_text("Parallel Coordinates").first).to_be_visible()
    expect(page.get_by_text("lift_at_10pct").first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    keep(page, "mlflow-charts")


def test_a_run_shows_its_figures_and_its_card(page: Page, addresses: tuple[str, str], trained_twice: Place) -> None:
    page.goto(re.sub(r"/runs\?.*", f"/runs/{trained_twice.told[0]['run_id']}/artifacts", addresses[0]))
    page.get_by_text("figures", exact=True).click()
    for figure in ("calibration", "gains", "precision_recall", "reasons"):
        page.get_by_text(f"{figure}.png", exact=True).click()
        expect(page.get_by_text(f"figures/{figure}.png", exact=True)).to_be_visible()
        picture = page.get_by_role("img", name=f"{figure}.png")
        expect(picture).to_be_visible()
        page.wait_for_function("(one) => one.naturalWidth > 600", arg=picture.element_handle())
    page.get_by_text("model_card.md", exact=True).click()
    expect(page.get_by_role("heading", name="How it was judged")).to_be_visible()


def test_the_registered_model_says_which_version_serves(page: Page, addresses: tuple[str, str]) -> None:
    page.goto(addresses[1])
    expect(page.get_by_role("heading", name="conversion", exact=True)).to_be_visible()
    expect(page.get_by_text("Probability that an inbound lead converts")).to_be_visible()
    for version, alias in (("Version 1", "champion"), ("Version 2", "challenger")):
        of_version = page.get_by_role("row").filter(has=page.get_by_role("link", name=version))
        expect(of_version).to_contain_text(alias)
