"""The text of an agreement: where a key stands in it, and what to say when something in it is wrong."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from leads.refusal import Refusal
from leads.sections import Agreement

Path = tuple[str | int, ...]
"""The way to a key: ("sales", "people", 0, "name")."""

EXPECTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "date_type": "a date such as 2026-11-01, without quotes",
}


class AgreementError(Refusal):
    """`line` counts from 1; None where the whole file is meant."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


TAGS = {"[key]", "number", "table", "list", "flag"}


def parse_toml(text: str, name: str) -> dict[str, Any]:
    try:
        return {key: tuples(value) for key, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        what, line, column = syntax_error(str(error), text)
        raise AgreementError(f"{name}, line {line}, column {column}: this is not TOML: {what}.", line) from None


def syntax_error(message: str, text: str) -> tuple[str, int, int]:
    place = re.search(r"\(at line (\d+), column (\d+)\)", message)
    what = re.sub(r"\(('[^()]*)\)", lambda key: ".".join(re.findall("'([^']*)'", key[1])), message.split(" (at ")[0])
    if place is None:  # the text ends too early
        lines = text.splitlines() or [""]
        return f"{what}, the text ends here", len(lines), len(lines[-1]) + 1
    return what, int(place[1]), int(place[2])


def tuples(value: Any) -> Any:
    """The strict models hold tuples, TOML gives lists."""
    if isinstance(value, list):
        return tuple(tuples(item) for item in value)
    return {key: tuples(item) for key, item in value.items()} if isinstance(value, dict) else value


def invalid(error: ValidationError, text: str, name: str) -> AgreementError:
    document = parse_toml(text, name)
    problems = [(present(document, problem["loc"]), problem) for problem in error.errors(include_url=False)]
    return report([(path, sentence(path, problem)) for path, problem in problems], text, name)


def report(problems: Iterable[tuple[Path, str]], text: str, name: str) -> AgreementError:
    lines = key_lines(text)
    placed = sorted((line_of(path, lines), said) for path, said in problems)
    told = [f"{name}, line {line}: {said}" for line, said in placed]
    return AgreementError("\n".join(told), placed[0][0])


def present(document: Any, loc: Path) -> Path:
    """Without the tags that the alternatives of a union put into the way."""
    kept: list[str | int] = []
    for position, part in enumerate(loc):
        if part in document if isinstance(document, dict) else isinstance(document, tuple) and isinstance(part, int):
            document = document[part]
        elif position < len(loc) - 1 or part in TAGS:
            continue
        kept.append(part)
    return tuple(kept)


def dotted(path: Path) -> str:
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def sentence(path: Path, problem: ErrorDetails) -> str:
    kind, key = problem["type"], dotted(path)
    if kind == "extra_forbidden":
        return unknown_key(path)
    if kind == "missing":
        return f"{dotted(path[:-1]) or 'the agreement'} lacks {path[-1]}; add it."
    if kind in EXPECTED:
        return f"{key} should be {EXPECTED[kind]}, not {written(problem['input'])}."
    if kind == "literal_error":
        expected = problem["ctx"]["expected"].replace("'", "")
        return f"{key} should be {expected}, not {written(problem['input'])}.{nearest(problem['input'], expected)}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    return f"{key} {message}." if kind == "shape" else f"{key} {message}, not {written(problem['input'])}."


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict | tuple):
        return "a table" if isinstance(value, dict) else "a list"
    return str(value)


def nearest(word: object, expected: str) -> str:
    known = re.findall(r"\w+", expected)
    close = difflib.get_close_matches(str(word), known, 1, 0.5)
    return f" Did you mean {close[0]}?" if close else ""


def unknown_key(path: Path) -> str:
    key, known = str(path[-1]), known_keys(path[:-1])
    close = difflib.get_close_matches(key, known, 1, 0.5)
    hint = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."
    return f"{dotted(path)} is not a key of the agreement. {hint}"


def known_keys(path: Path) -> list[str]:
    model: type[BaseModel] = Agreement
    for part in path:
        if isinstance(part, str) and (field := written_fields(model).get(part)):
            model = next(models_in(field.annotation), model)
    return list(written_fields(model))


def written_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of the key, or of the nearest table around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def key_lines(text: str) -> dict[Path, int]:
    """Where each key of a valid text is first written. Each statement is parsed alone as soon as it is whole."""
    lines: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, statement in statements(text):
        if statement.lstrip().startswith("["):
            table = table_path(statement, counts)
            found: list[Path] = [table]
        else:
            found = [table + path for path in paths(tomllib.loads(statement))]
        for path in found:
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], number)
    return lines


def statements(text: str) -> Iterator[tuple[int, str]]:
    held, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if held else number
        held += line + "\n"
        try:
            whole = bool(tomllib.loads(held))
        except tomllib.TOMLDecodeError:
            continue
        if whole:
            yield start, held
        held = ""


def table_path(statement: str, counts: dict[Path, int]) -> Path:
    """[[a.b]] for the second time is ("a", "b", 1), and what follows below a.b belongs to it."""
    inner: Any = tomllib.loads(statement)
    path: Path = ()
    while inner:
        if isinstance(inner, list):
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        part = next(iter(inner))
        path, inner = (*path, part), inner[part]
        if path in counts and not isinstance(inner, list):
            path = (*path, counts[path])
    return path


def paths(value: Any) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (key,)
        if isinstance(inner, dict | list):
            yield from ((key, *rest) for rest in paths(inner))
