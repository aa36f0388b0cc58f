"""The report: every figure as plain counting has it, in words that fit, on a page that needs nothing else."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from httpx2 import Response

import accord as front_door
from benchmarks.reliability import workplace
from leads.agreement import parse_agreement
from leads.lead import Outcome
from leads.ledger import Ledger, adopt_agreement, create_key, open_ledger, write_outcome
from leads.worktime import working_time
from serving.endpoints.report import MAKING
from serving.report import period, read
from serving.report.body import report_body
from serving.report.page import report_page
from serving.report.period import WrongPeriod, month_of
from serving.report.read import Days, read_report
from serving.report.text import report_lines
from tests.serving import by_hand
from tests.serving.conftest import Service, accord
from tests.serving.quarter import AGREEMENT, NOW, PERSONAL, SCRIPT, WITHIN, quarter

MONTHS = {
    "2026-09": (date(2026, 9, 1), date(2026, 9, 30), 1.0),
    "2026-10": (date(2026, 10, 1), date(2026, 10, 31), 1.0),
}
RUNNING = "2026-11"
SPANS = {**MONTHS, RUNNING: (date(2026, 11, 1), date(2026, 11, 30), 0.0)}
EACH_MONTH = pytest.mark.parametrize("month", SPANS)
HTTP = 200
NEWEST = Days()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("report") / "home"
    home.mkdir()
    with closing(open_ledger(f"sqlite:///{home / 'accord.db'}")) as ledger:
        quarter(ledger)
    return home


@pytest.fixture(scope="module")
def ledger(home: Path) -> Iterator[Ledger]:
    with closing(open_ledger(f"sqlite:///{home / 'accord.db'}")) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def counted(home: Path) -> list[dict[str, Any]]:
    return by_hand.leads_by_hand(home / "accord.db", NOW, WITHIN)


@pytest.fixture(scope="module")
def bodies(ledger: Ledger) -> dict[str, dict[str, Any]]:
    return {month: report_body(made(ledger, Days(month))) for month in SPANS}


def made(ledger: Ledger, days: Days = NEWEST, now: datetime = NOW, text: str = AGREEMENT) -> Any:
    return read_report(ledger, parse_agreement(text), 1, days, now)


def of(counted: list[dict[str, Any]], month: str) -> list[dict[str, Any]]:
    return [one for one in by_hand.month_of(counted, *SPANS[month][:2]) if not one["bot"]]


def taught(counted: list[dict[str, Any]], until: date) -> list[dict[str, Any]]:
    return [one for one in counted if not one["bot"] and one["at"].astimezone(by_hand.ZONE).date() <= until]


@EACH_MONTH
def test_the_sum_of_a_month(month: str, bodies: dict[str, Any], counted: list[dict[str, Any]]) -> None:
    leads, body = of(counted, month), bodies[month]["leads"]
    for name, value in by_hand.row_by_hand(leads, NOW, WITHIN).items():
        assert body[name] == pytest.approx(value), name
    assert body["imported"] == sum(one["imported"] for one in leads)
    assert body["converted_late"] == sum(one["late"] for one in leads)
    assert body["bots"] == len(by_hand.month_of(counted, *SPANS[month][:2])) - len(leads)
    assert body["leads"] > 20


@EACH_MONTH
def test_answers_of_sales(month: str, bodies: dict[str, Any], counted: list[dict[str, Any]]) -> None:
    leads, sales = of(counted, month), bodies[month]["sales"]
    people = {one["name"]: one for one in sales["people"]}
    owners = {one["owner"] or "sales" for one in leads if one["asked"]}
    assert people.keys() == owners
    for name in (None, *owners):
        mine = [one for one in leads if one["asked"] and name in (None, one["owner"] or "sales")]
        told = sales if name is None else people[name]
        for figure, value in by_hand.responses_by_hand(mine).items():
            assert told[figure] == (value if value is None else pytest.approx(value)), (name, figure)
    assert sales["late"]
    assert sales["never"]
    assert sales["taken_back"] or month != RUNNING


@EACH_MONTH
@pytest.mark.parametrize("touch", ["first", "last"])
@pytest.mark.parametrize("place", range(3), ids=["source", "campaign", "offer"])
def test_attribution(
    month: str, touch: str, place: int, bodies: dict[str, Any], counted: list[dict[str, Any]], home: Path
) -> None:
    by = ("source", "campaign", "offer")[place]
    leads, rows = of(counted, month), bodies[month][f"{touch}_touch"][by]
    levels = {one[touch][place] for one in leads}
    costs = costs_by_hand(home, month, by)
    named = [row for row in rows if not row["name"].endswith(" others")]
    for row in named:
        mine = [one for one in leads if one[touch][place] == row["name"]]
        for name, value in by_hand.row_by_hand(mine, NOW, WITHIN).items():
            assert row[name] == pytest.approx(value), (row["name"], name)
        assert row["cost"] == costs.get(row["name"])
    for name in ("leads", "to_sales", "accepted", "rejected", "converted", "young", "value"):
        assert sum(row[name] for row in rows) == pytest.approx(bodies[month]["leads"][name]), name
    assert sum(row["cost"] or 0.0 for row in rows) == pytest.approx(sum(costs.values()))
    others = {row["name"] for row in rows} - {row["name"] for row in named}
    assert others == ({f"{len(levels | costs.keys()) - 15} others"} if len(levels | costs.keys()) > 16 else set())


def costs_by_hand(home: Path, month: str, by: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in by_hand.table(home / "accord.db", "SELECT * FROM costs"):
        if row["month"] == month and by != "offer" and row[by]:
            found[row[by]] = found.get(row[by], 0.0) + row["cost"]
    return found


@EACH_MONTH
def test_expected_in_the_end(month: str, bodies: dict[str, Any], counted: list[dict[str, Any]]) -> None:
    """What is expected is a mean over a thousand curves and rates, not that of the mean curve and rate, and the ends of
    the interval are whole leads, drawn by others here: so near is as good as equal."""
    leads, plain = of(counted, month), by_hand.Ladder(taught(counted, SPANS[month][1]), NOW, WITHIN)
    groups = {None: leads, **{row["name"]: row for row in bodies[month]["first_touch"]["source"][:5]}}
    for name in groups:
        mine = [one for one in leads if name in (None, one["first"][0])]
        told = (bodies[month]["leads"] if name is None else groups[name])["expected"]
        assert told["conversions"] == pytest.approx(plain.expected(mine), rel=0.02, abs=0.01)
        assert (told["low"], told["high"]) == pytest.approx(plain.between(mine), abs=1)
    assert bodies[month]["delay"]["quartiles_days"] == pytest.approx([plain.day(share) for share in (0.25, 0.5, 0.75)])
    young = bodies[month]["leads"]["young"]
    assert (bodies[month]["leads"]["expected"]["high"] > bodies[month]["leads"]["converted"]) == bool(young)


@EACH_MONTH
def test_bands(month: str, bodies: dict[str, Any], counted: list[dict[str, Any]]) -> None:
    before = [one for one in counted if not one["bot"] and one["at"].astimezone(by_hand.ZONE).date() < SPANS[month][0]]
    mature = [one for one in before if not one["imported"] and NOW - one["at"] >= timedelta(days=WITHIN)]
    for name, leads in (
        ("bands", [one for one in of(counted, month) if not one["imported"]]),
        ("bands_before", mature),
    ):
        for row in bodies[month][name]:
            mine = [one for one in leads if one["band"] == row["band"]]
            converted = sum(one["converted_at"] is not None for one in mine)
            assert (row["leads"], row["converted"]) == (len(mine), converted)
            assert row["predicted"] == pytest.approx(np.mean([one["probability"] for one in mine]))
            if not row["young"]:
                assert (row["low"], row["high"]) == pytest.approx(by_hand.wilson(converted, len(mine)))
                assert row["rate"] == pytest.approx(converted / len(mine))


@EACH_MONTH
def test_the_split_of_what_is_missing(month: str, bodies: dict[str, Any], counted: list[dict[str, Any]]) -> None:
    body, leads = bodies[month], of(counted, month)
    before = [one for one in counted if not one["bot"] and one["at"].astimezone(by_hand.ZONE).date() < SPANS[month][0]]
    mature = [one for one in before if not one["imported"] and NOW - one["at"] >= timedelta(days=WITHIN)]
    goal, promised, split = body["goal"]["promised"], body["marketing"]["promised"], body["shortfall"]
    wanted = by_hand.gap_by_hand(leads, mature, goal, promised, body["leads"]["expected"]["conversions"], NOW)
    assert {name: split[name]["conversions"] for name in wanted} == pytest.approx(wanted)
    parts = sum(split[name]["conversions"] for name in ("volume", "quality", "follow_up"))
    assert parts == pytest.approx(goal - split["final"])


def test_promises_of_a_month_that_still_runs_are_for_the_part_that_is_over(bodies: dict[str, Any]) -> None:
    begins = datetime(2026, 11, 1, tzinfo=by_hand.ZONE)
    part = (NOW - begins) / (datetime(2026, 12, 1, tzinfo=by_hand.ZONE) - begins)
    running = bodies[RUNNING]
    assert (running["running"], running["months"]) == (True, pytest.approx(part))
    assert running["goal"]["promised"] == pytest.approx(20 * part)
    assert running["marketing"]["promised"] == pytest.approx(120 * part)
    assert (bodies["2026-10"]["goal"]["promised"], bodies["2026-10"]["marketing"]["promised"]) == (20, 120)
    assert bodies["2026-10"]["months"] == 1.0


def test_days_of_two_months_are_the_leads_of_both(ledger: Ledger, bodies: dict[str, Any]) -> None:
    both = report_body(made(ledger, Days(None, "2026-09-01", "2026-10-31")))
    for name in ("leads", "to_sales", "accepted", "converted", "value", "cost"):
        assert both["leads"][name] == pytest.approx(sum(bodies[month]["leads"][name] for month in MONTHS))
    half = report_body(made(ledger, Days(None, "2026-09-01", "2026-09-15")))
    assert half["leads"]["cost"] == pytest.approx(bodies["2026-09"]["leads"]["cost"] / 2)
    assert half["months"] == 0.5


def test_without_days_it_is_the_month_of_the_newest_lead(ledger: Ledger) -> None:
    assert report_body(made(ledger))["from"] == "2026-11-01"


def test_the_words_say_what_the_figures_say(bodies: dict[str, Any]) -> None:
    body = bodies["2026-10"]
    assert body["marketing"]["kept"] is (body["leads"]["leads"] - body["leads"]["rejected"] >= 120)
    assert body["sales"]["kept"] is (body["sales"]["share_in_time"] >= 0.9)
    assert f"{body['leads']['leads']} leads came" in body["marketing"]["happened"]
    assert f"{body['sales']['in_time']} of {body['sales']['due']} leads" in body["sales"]["happened"]
    assert "Marketing takes the reins" in body["reins"]
    assert any(f"{body['leads']['young']} leads of {body['leads']['leads']}" in note for note in body["notes"])


def test_the_docs_show_a_report_as_it_is(ledger: Ledger) -> None:
    page = (workplace.ROOT / "docs" / "report.md").read_text()
    shown = re.search(r"```text\n(.+?)\n```", page, re.DOTALL)
    assert shown is not None
    assert "\n".join(report_lines(made(ledger, Days("2026-10")))).startswith(shown[1])


def test_nothing_personal_is_in_a_report(ledger: Ledger) -> None:
    report = made(ledger, Days("2026-10"))
    for told in (json.dumps(report_body(report)), report_page(report), "\n".join(report_lines(report))):
        assert not [value for value in PERSONAL if value.lower() in told.lower()]
        assert "ld_" not in told


def test_a_service_on_postgresql_reports_the_same(new_postgres: Callable[[], str], tmp_path: Path) -> None:
    """From a connection whose statements may otherwise take no longer than a form can wait."""
    told = []
    for url in (f"sqlite:///{tmp_path / 'accord.db'}", new_postgres()):
        with closing(open_ledger(url)) as ledger:
            quarter(ledger, a_month=20)
        with closing(open_ledger(url, serving=True)) as ledger:
            told.append(report_body(made(ledger, Days("2026-10"))))
    assert told[0] == told[1]


def test_a_report_reads_each_table_once_however_many_leads_there_are(tmp_path: Path) -> None:
    from sqlalchemy import event

    counts = []
    for a_month in (5, 60):
        with closing(open_ledger(f"sqlite:///{tmp_path / str(a_month)}.db")) as ledger:
            quarter(ledger, a_month=a_month)
            said: list[str] = []
            event.listen(ledger.engine, "before_cursor_execute", lambda *told, said=said: said.append(told[2]))
            made(ledger, Days("2026-10"))
            counts.append(len([text for text in said if text.lstrip().upper().startswith("SELECT")]))
    assert counts[0] == counts[1] <= 10


def test_what_training_leaves_out_is_reported(tmp_path: Path) -> None:
    """A key told too many conversions at once: they happened all the same."""
    with closing(open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")) as ledger:
        quarter(ledger, a_month=5)
        key, before = create_key(ledger, "sk")[:11], made(ledger, Days("2026-11")).all
        assert before.converted < before.leads
        with ledger.transaction() as connection:
            for lead in by_hand.table(tmp_path / "accord.db", "SELECT id FROM leads"):
                told = Outcome(lead["id"], "won", "converted", NOW, NOW, None, None, key, left_out=True)
                write_outcome(connection, told)
        assert made(ledger, Days("2026-11")).all.converted == before.leads


def test_the_ledger_is_left_before_anything_is_worked_out(
    new_postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_ledger(new_postgres(), serving=True)) as ledger:
        quarter(ledger, months=3, a_month=5)
        held = list[int]()
        worked_out = read.figures

        def watched(*given: Any) -> Any:
            held.append(ledger.engine.pool.checkedout())  # type: ignore[attr-defined]  # PostgreSQL's has it
            return worked_out(*given)

        monkeypatch.setattr(read, "figures", watched)
        made(ledger, Days("2026-10"))
    assert held == [0]


def test_days_that_begin_decades_ago_have_the_same_answers(ledger: Ledger) -> None:
    near, far = (made(ledger, Days(None, first, "2026-11-20")).responses for first in ("2026-03-01", "1995-01-01"))
    assert far.working is not None
    assert far.working.p90 > 0
    assert far == near


def test_working_time_is_found_in_any_span() -> None:
    office, begins = working_time("Mon-Fri 09:00-17:30", "Europe/Berlin", None), datetime(2005, 1, 1, tzinfo=NOW.tzinfo)
    *_, last = office.spans(begins, NOW)
    assert last[0].date() == NOW.date()


def test_days_that_end_in_thousands_of_years_are_not_gone_through(
    ledger: Ledger, bodies: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, next_month = list[date](), period.next_month
    monkeypatch.setattr(period, "next_month", lambda month: gone.append(month) or next_month(month))
    months = {last: made(ledger, Days(None, "2026-10-01", last)).period.months for last in ("9998-12-31", "2026-12-31")}
    assert months["9998-12-31"] == months["2026-12-31"] == bodies["2026-10"]["months"] + bodies[RUNNING]["months"]
    assert len(gone) < 100


class Page(HTMLParser):
    VOID = ("meta", "rect", "line", "polyline", "polygon", "br", "link", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@EACH_MONTH
def test_the_page_stands_alone_and_shows_what_was_sent_as_text(month: str, ledger: Ledger) -> None:
    text = report_page(made(ledger, Days(month)))
    page = Page(text)
    assert page.open == []
    tags = {tag for tag, _ in page.seen}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?:|//|url\(|@import", text.replace("</", ""))
    assert not [name for _, attributes in page.seen for name in attributes if name.startswith("on") or name == "src"]
    assert SCRIPT not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


EMPTY = "[goal]\nwithin_days = 30\nvalue = 100.0\n"


@pytest.mark.parametrize("text", [EMPTY, AGREEMENT], ids=["nothing promised", "promised"])
def test_a_ledger_without_leads_has_a_report(tmp_path: Path, text: str) -> None:
    with closing(open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")) as ledger:
        adopt_agreement(ledger, text, parse_agreement(text).digest)
        report = made(ledger, text=text)
    body = report_body(report)
    assert (body["from"], body["leads"]["leads"], body["sales"]["due"]) == ("2026-11-01", 0, 0)
    assert body["reins"].startswith("No lead came, so marketing")
    assert Page(report_page(report)).open == []
    assert json.dumps(body, allow_nan=False)
    assert "0 leads came" in " ".join(report_lines(report))


def test_a_month_without_leads_has_a_report(ledger: Ledger) -> None:
    report = made(ledger, Days("2026-01"))
    assert report_body(report)["leads"]["leads"] == 0
    assert Page(report_page(report)).open == []


WRONG = {
    "a month that is none": (Days("2026-13"), "month"),
    "a word": (Days("October"), "month"),
    "the future": (Days("2027-01"), "month"),
    "month and days": (Days("2026-10", "2026-10-01", None), "month"),
    "only a first day": (Days(None, "2026-10-01", None), "to"),
    "only a last day": (Days(None, None, "2026-10-01"), "from"),
    "a week": (Days(None, "2026-W40-1", "2026-10-31"), "from"),
    "backwards": (Days(None, "2026-10-02", "2026-10-01"), "to"),
    "no day": (Days(None, "2026-02-30", "2026-03-01"), "from"),
    "before all time": (Days("0001-01"), "month"),
    "after all time": (Days(None, "2026-10-01", "9999-12-31"), "to"),
}


@pytest.mark.parametrize("name", WRONG)
def test_days_that_cannot_be_are_refused_in_words(name: str, ledger: Ledger) -> None:
    days, said = WRONG[name]
    with pytest.raises(WrongPeriod) as wrong:
        made(ledger, days)
    assert (wrong.value.name, str(wrong.value).split()[0]) == (said, said)


def test_a_month_counts_the_hours_of_its_change_of_clocks() -> None:
    zone = ZoneInfo("Europe/Berlin")
    october = month_of("2026-10", zone, NOW)
    assert october.end - october.since == timedelta(days=31, hours=1)
    assert october.months == 1.0


# the front doors


def test_the_command_tells_prints_and_writes(home: Path, tmp_path: Path) -> None:
    told = accord(home, "report", "--month", "2026-09")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("September 2026: sales and marketing\n")
    written = accord(home, "report", "--month", "2026-09", "--html", str(tmp_path / "page.html"), "--json")
    body = json.loads(written.stdout)
    leads = by_hand.leads_by_hand(home / "accord.db", datetime.fromisoformat(body["at"]), WITHIN)
    assert body["leads"]["leads"] == len(of(leads, "2026-09"))
    assert "<h1>September 2026</h1>" in (tmp_path / "page.html").read_text()
    wrong = accord(home, "report", "--month", "Sept")
    assert (wrong.returncode, wrong.stderr.split()[:2]) == (2, ["accord:", "--month"])


Call = Callable[..., int]


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("ACCORD_HOME", str(home))
    monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)
    return lambda *words: front_door.main(list(map(str, words)))


def test_a_page_that_cannot_be_written(call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("report", "--html", tmp_path / "nowhere" / "page.html") == 2
    assert "cannot be written: No such file" in capsys.readouterr().err


def test_over_http_it_is_the_same_report(served: Callable[..., Service], home: Path) -> None:
    service = served(text=AGREEMENT)
    with closing(open_ledger(service.database)) as ledger:
        quarter(ledger, a_month=20)
        other = create_key(ledger, "sk", scopes=("forms",))
    answer = service.call("GET", "/v1/report?month=2026-10", service.secret)
    assert answer.status_code == HTTP, answer.text
    same = accord(service.home, "report", "--month", "2026-10", "--json")
    first, second = answer.json(), json.loads(same.stdout)
    assert first.pop("at") <= second.pop("at")
    assert first["leads"]["leads"] == second["leads"]["leads"] > 10
    assert first["first_touch"] == second["first_touch"]
    assert service.call("GET", "/v1/report", service.public).status_code == 403
    assert service.call("GET", "/v1/report", other).status_code == 403
    assert service.call("GET", "/v1/report", service.secret).json()["to"] >= "2026-11-30"
    for wrong in ("month=2026-1", "month=2026-10&month=2026-11", "from=2026-10-01", "week=3"):
        refused = service.call("GET", f"/v1/report?{wrong}", service.secret)
        assert refused.status_code in (400, 422), wrong
        assert refused.headers["content-type"] == "application/problem+json"


def test_while_one_report_is_made_others_are_told_so_and_forms_are_taken(served: Callable[..., Service]) -> None:
    """More of them than there are threads."""
    service = served(text=AGREEMENT)

    def ask(_: int) -> Response:
        return service.call("GET", "/v1/report", service.secret)

    with MAKING, ThreadPoolExecutor(50) as threads:
        asked = [threads.submit(ask, number) for number in range(50)]
        wait(asked, timeout=2)
        form = service.send({"email": "somebody@steel.example"})
        answers = [one.result() for one in asked]
    assert form.status_code == 201, form.text
    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert "report is being made" in answers[0].json()["detail"]
    assert ask(0).status_code == HTTP


# costs


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    workplace.laid_out(tmp_path / "shop", agreement=AGREEMENT)
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "shop"))
    monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)
    return tmp_path


def costs(shop: Path, text: str, name: str = "costs.csv") -> int:
    (shop / name).write_text(text)
    return front_door.main(["import", "costs", str(shop / name), "--json"])


def kept(shop: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(shop / "shop" / "accord.db")) as connection:
        return list(connection.execute("SELECT month, source, campaign, cost FROM costs ORDER BY 1, 2, 3"))


TABLE = 'Month,Source,Campaign,Cost\n2026-10,Google,Brand,"1,200.50"\n2026-10,google,,300\n2026-11-01,Fair,,0\n'


def test_the_newest_file_says_what_was_spent(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert costs(shop, TABLE) == 0
    assert json.loads(capsys.readouterr().out) == {"rows": 3, "new": 3}
    first = kept(shop)
    assert first == [
        ("2026-10", "google", "", 300.0),
        ("2026-10", "google", "brand", 1200.5),
        ("2026-11", "fair", "", 0.0),
    ]
    assert costs(shop, TABLE) == 0
    assert json.loads(capsys.readouterr().out) == {"rows": 3, "new": 0}
    assert kept(shop) == first
    assert costs(shop, "month,source,cost\n2026-10,GOOGLE,350\n", "newer.csv") == 0
    assert kept(shop)[0] == ("2026-10", "google", "", 350.0)
    assert len(kept(shop)) == 3


BAD_COSTS = {
    "no such column": ("month,source,price\n2026-10,google,3\n", "column “price”"),
    "a column missing": ("month,cost\n2026-10,3\n", "column “source” is missing"),
    "no month": ("month,source,cost\nOctober,google,3\n", "must be a month such as 2026-10"),
    "month 13": ("month,source,cost\n2026-13,google,3\n", "must be a month such as 2026-10"),
    "a week": ("month,source,cost\n2026-W40-1,google,3\n", "must be a month such as 2026-10"),
    "a day without its dash": ("month,source,cost\n2026-1001,google,3\n", "must be a month such as 2026-10"),
    "below nothing": ("month,source,cost\n2026-10,google,-3\n", "must not be less than nothing"),
    "no cost": ("month,source,cost\n2026-10,google,\n", "cost: must be given"),
    "not a number": ("month,source,cost\n2026-10,google,much\n", "cost: must be a number"),
    "infinite": ("month,source,cost\n2026-10,google,inf\n", "cost: must be a number"),
    "no source": ("month,source,cost\n2026-10,,3\n", "source: must be given"),
    "an address": ("month,source,cost\n2026-10,a.b@example.com,3\n", "no address"),
    "twice": ("month,source,cost\n2026-10,google,3\n2026-10,Google,4\n", "add them up"),
    "no rows": ("month,source,cost\n", "no rows"),
    "a row too short": ("month,source,cost\n2026-10,google\n", "of 1 rows are wrong"),
}


@pytest.mark.parametrize("name", BAD_COSTS)
def test_a_wrong_table_of_costs_changes_nothing(name: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, said = BAD_COSTS[name]
    assert costs(shop, "month,source,cost\n2026-10,fair,1\n", "good.csv") == 0
    assert costs(shop, text) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "a.b@example.com" not in told
    assert kept(shop) == [("2026-10", "fair", "", 1.0)]
