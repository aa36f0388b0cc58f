"""`accord demo`: the whole way from a table of past leads to answered forms, in a folder of its own."""

import argparse
import signal
from pathlib import Path

from leads.refusal import Refusal
from leads.settings import settings

BUDGET_SECONDS = 20.0
"""With one's own table; the simulated company's first settings are good enough to see how it goes."""


def demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="your own table: CSV, Parquet, Excel")
    parser.add_argument("--once", action="store_true", help="end after the answers instead of serving until Ctrl-C")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="for training")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    of_init = parser.add_argument_group("for your own table, as `accord init` takes them")
    of_init.add_argument("--target", metavar="COLUMN", help="the column that says who converted")
    of_init.add_argument("--positive", metavar="VALUE", help="the value of that column that means yes")
    order = of_init.add_mutually_exclusive_group()
    order.add_argument("--order", metavar="COLUMN", help="a column that grows with time")
    order.add_argument("--arrived", metavar="COLUMN", help="the column with the time of arrival")
    order.add_argument("--in-order", action="store_true", help="the rows stand oldest first")
    of_init.add_argument("--converted-at", metavar="COLUMN", help="the column with the time of conversion")
    of_init.add_argument("--keep", metavar="COLUMN", action="append", default=[], help="keep this column in the form")
    of_init.add_argument("--leave-out", metavar="COLUMN", action="append", default=[], help="leave this column out")


def demo(options: argparse.Namespace) -> int:
    from training.demo.play import StepError, play

    said = init_options(options)
    if options.file is None and said:
        raise Refusal(f"{said[0]} describes a table of your own; name it first: accord demo FILE {' '.join(said)}")
    if options.file is not None and options.target is None:
        raise Refusal(f"Say which column tells who converted: accord demo {options.file} --target COLUMN")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the service is stopped like at Ctrl-C
    try:
        usual = 0.0 if options.file is None else BUDGET_SECONDS
        budget = usual if options.budget is None else options.budget
        play(settings().home / "demo", options.file, said, budget, once=options.once, as_json=options.json)
    except StepError as step:
        return step.code
    return 0


def init_options(options: argparse.Namespace) -> list[str]:
    """The options of `accord init` as they were given."""
    given: list[str] = []
    for name in ("target", "positive", "order", "arrived", "converted_at"):
        if getattr(options, name) is not None:
            given += [f"--{name.replace('_', '-')}", getattr(options, name)]
    if options.in_order:
        given.append("--in-order")
    for name in ("keep", "leave_out"):
        for column in getattr(options, name):
            given += [f"--{name.replace('_', '-')}", column]
    return given
