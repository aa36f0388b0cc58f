"""The docs are true: what they link to and name exists, and nothing private or foreign stands in the tree."""

import re
import subprocess
from pathlib import Path

import pytest

import accord

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ROOMS = "leads|features|models|training|serving|benchmarks|docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    files = re.findall(rf"`((?:{ROOMS})/[\w/.-]+\.\w+)`", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [file for file in files if not (ROOT / file).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_shows_is_a_verb(page: Path) -> None:
    shown = re.findall(r"(?:`|^|\s)(?:\./run|accord) ([a-z]+)\b", page.read_text(), flags=re.MULTILINE)
    assert set(shown) <= {*accord.VERBS, "test", "check", "db"} | PROSE


PROSE = {"is", "works", "says", "needs", "and", "learns", "scores"}  # "Accord is …" in lower case within sentences


def test_every_verb_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in accord.VERBS:
        with pytest.raises(SystemExit) as ended:
            accord.main([verb, "--help"])
        assert ended.value.code == 0
        assert verb in capsys.readouterr().out


def tracked() -> list[Path]:
    names = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_registry_host_and_no_path_of_one_machine_is_in_the_tree() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    hosts = "|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "deb" + r"\.debian\.org"])
    found = [path.name for path in tracked() if re.search(hosts, path.read_text(errors="ignore"))]
    assert found == []
    assert "://" not in (ROOT / "requirements.lock").read_text()
