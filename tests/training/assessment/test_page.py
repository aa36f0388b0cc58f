"""The page that people read: whole, without anybody's data, at any width, light and dark; and the command that makes
it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import accord
from leads.ledger import Ledger, adopt_agreement, champion, open_ledger, promote, save_bundle
from leads.settings import settings
from tests.serving.browser.conftest import browser  # noqa: F401  # the system's Chromium
from tests.training.assessment.company import AGREEMENT, CANARIES, TEXT, UNTIL, Lead, leads, ledger_of
from tests.training.assessment.conftest import make_champion
from training.assessment.artefacts import evaluation_files, log_evaluation
from training.assessment.page import page
from training.assessment.read import read_evaluation
from training.assessment.words import lines

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, mixture: list[Lead]) -> Iterator[Ledger]:
    for place, lead in enumerate(mixture):
        if place % 3 == 0:
            lead.said["utm_campaign"] = SCRIPT
    mixture[5].said["source"] = CANARIES[2]
    opened = ledger_of(tmp_path_factory.mktemp("page"), mixture)
    make_champion(opened, days_ago=200)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def html(ledger: Ledger) -> str:
    return page(read_evaluation(ledger, AGREEMENT, UNTIL))


def test_nobody_and_nothing_foreign_is_in_the_page(ledger: Ledger, html: str) -> None:
    files = evaluation_files(read_evaluation(ledger, AGREEMENT, UNTIL))
    texts = [html, files["evaluation.json"].decode(), "\n".join(lines(read_evaluation(ledger, AGREEMENT, UNTIL)))]
    for text in texts:
        for canary in (*CANARIES, "ld_", "dc_", "sb_"):
            assert canary not in text
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")


def test_every_part_stands_in_it(html: str) -> None:
    parts = ["What was promised, and what came", "The test on new leads", "All candidates", "Is a probability true"]
    parts += ["Kinds of leads", "What changed", "What moves the scores", "The model in words", "By band and month"]
    assert [part for part in parts if part not in html] == []
    assert "nan" not in html.lower().replace("nance", "")


@pytest.mark.parametrize(("width", "scheme"), [(1100, "light"), (1100, "dark"), (360, "light"), (360, "dark")])
def test_it_reads_at_any_width_light_and_dark(
    browser: Browser,  # noqa: F811
    html: str,
    width: int,
    scheme: str,
    tmp_path: Path,
) -> None:
    (tmp_path / "page.html").write_text(html)
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    opened = context.new_page()
    complaints = list[str]()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.goto(f"file://{tmp_path / 'page.html'}")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    ground = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(18, 22, 28)") is (scheme == "dark")
    assert opened.evaluate(OVERLAPS) == []
    assert complaints == []
    context.close()


OVERLAPS = """[...document.querySelectorAll('svg.chart')].flatMap(chart => {
  const texts = [...chart.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()])
  return texts.flatMap(([a, p], i) => texts.slice(i + 1).filter(([b, q]) =>
    p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 6 && q.top < p.bottom - 6
  ).map(([b]) => a + ' / ' + b))
})"""


def test_an_empty_ledger_says_so(tmp_path: Path) -> None:
    opened = ledger_of(tmp_path, [])
    judged = read_evaluation(opened, AGREEMENT, UNTIL)
    opened.close()
    for text in (page(judged), " ".join(" ".join(lines(judged)).split())):
        assert "There is nothing to judge yet: the ledger holds no lead that may teach." in text
    assert list(evaluation_files(judged)) == ["evaluation.html", "evaluation.json"]


def test_history_alone_promised_nothing(tmp_path: Path) -> None:
    def imported(lead: Lead, _: object) -> None:
        lead.cause = "imported"

    opened = ledger_of(tmp_path, leads(300, 300, 1, imported))
    text = page(read_evaluation(opened, AGREEMENT, UNTIL))
    opened.close()
    assert "No lead was scored when it came, so nothing tells yet whether the scores kept their word." in text


def accord_says(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, accord.__file__, "evaluate", *arguments]
    environment = {"ACCORD_HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(call, capture_output=True, text=True, env=environment, timeout=120, check=False)


def test_the_command_writes_the_page_and_the_figures(tmp_path: Path) -> None:
    nothing = accord_says(tmp_path)
    assert nothing.returncode == 2
    assert "no agreement is in force" in nothing.stderr
    ledger = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    adopt_agreement(ledger, TEXT, AGREEMENT.digest)
    ledger.close()
    empty = accord_says(tmp_path)
    assert empty.returncode == 0
    assert "There is nothing to judge yet" in empty.stdout
    ledger_of(tmp_path, leads(200, 200, 1)).close()
    written = accord_says(tmp_path, "--html", str(tmp_path / "why.html"), "--json")
    assert written.returncode == 0, written.stderr
    assert json.loads(written.stdout)["backtest"]["all"]["leads"] == 200
    assert "Why believe these scores?" in (tmp_path / "why.html").read_text()
    nowhere = accord_says(tmp_path, "--html", str(tmp_path / "no" / "why.html"))
    assert nowhere.returncode == 2
    assert "cannot be written" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr


def test_a_champion_that_may_not_serve_is_told_with_the_way_out(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, leads(50, 100, 1))
    promote(ledger, save_bundle(ledger, b"no bundle", {}), champion(ledger), "test")
    ledger.close()
    told = accord_says(tmp_path)
    assert told.returncode == 1
    assert "`accord rollback`" in told.stderr
    assert "Traceback" not in told.stderr


def test_it_stands_beside_the_winner_in_mlflow(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.experiment.store import experiment_id, opened

    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with opened(settings(), "a run") as client:
        run = client.create_run(experiment_id(client, settings()))
    log_evaluation(read_evaluation(ledger, AGREEMENT, UNTIL), settings(), run.info.run_id)
    kept = {path.name: path.read_bytes() for path in (tmp_path / "mlartifacts").rglob("*") if path.is_file()}
    assert set(kept) == {"evaluation.html", "evaluation.json", "backtest.png"}
    assert kept["backtest.png"].startswith(b"\x89PNG")
