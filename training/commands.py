"""The verbs of this room."""

import argparse
import sys

from leads.refusal import Refusal


def init_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a table of past leads: CSV, Parquet or Excel")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the column that says what happened")
    parser.add_argument("--positive", metavar="VALUE", help="its value that means converted (default: 1, yes, won …)")
    order = parser.add_mutually_exclusive_group()
    order.add_argument("--order", metavar="COLUMN", help="a column that grows with time")
    order.add_argument("--arrived", metavar="COLUMN", help="when the lead arrived")
    order.add_argument("--in-order", action="store_true", help="the rows stand oldest first")
    parser.add_argument("--converted-at", metavar="COLUMN", help="when the conversion happened")
    parser.add_argument("--keep", action="append", default=[], metavar="COLUMN", help="make it a field all the same")
    parser.add_argument("--leave-out", action="append", default=[], metavar="COLUMN", help="do not make it a field")
    parser.add_argument(
        "-o", "--output", default="accord.toml", metavar="FILE", help="where to write (default: accord.toml)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite an agreement that is there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def init(options: argparse.Namespace) -> int:
    import json
    from pathlib import Path

    from leads.table import read_table
    from training.survey.beginning import Wishes, study, write_agreement
    from training.survey.findings import as_json, words

    written = Path(options.output)
    if written.exists() and not options.force:
        raise Refusal(f"{written} is there already; write elsewhere with -o FILE, or overwrite it with --force.")
    told = ("target", "positive", "order", "arrived", "in_order", "converted_at", "keep", "leave_out")
    facts = study(read_table(Path(options.file)), Wishes(**{name: getattr(options, name) for name in told}))
    write_agreement(facts, Path(options.file).name, written)
    print(
        json.dumps(as_json(facts, options.file, written), ensure_ascii=False)
        if options.json
        else words(facts, options.file, written)
    )
    return 0


def train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a table of past leads: CSV, Parquet or Excel")
    parser.add_argument(
        "--budget", type=float, default=60.0, metavar="SECONDS", help="time to search for better settings (default: 60)"
    )
    parser.add_argument("--agreement", metavar="PATH", help="default: ./accord.toml")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def train(options: argparse.Namespace) -> int:
    from pathlib import Path

    from leads.notice import notices
    from training.account import account_json, account_words
    from training.run import run_training

    if not 0 <= options.budget <= 86_400:
        raise Refusal("--budget must be a number of seconds from 0 to 86400.")
    account = run_training(Path(options.file), options.agreement, options.budget)
    cohort = account.training.cohort
    for line in notices(cohort.ignored, cohort.absent, cohort.bad_cells):
        print(line, file=sys.stderr)
    print(account_json(account) if options.json else account_words(account))
    return 0


def promote_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "number", type=int, nargs="?", metavar="N", help="the model's number, as `accord promote --list` shows it"
    )
    parser.add_argument(
        "--override", metavar="REASON", help="let it serve although a gate refused it; the reason is kept"
    )
    parser.add_argument("--list", action="store_true", help="tell which models served, since when and why")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def promote(options: argparse.Namespace) -> int:
    if options.list:
        from training.promotion_story import story

        print(story(as_json=options.json))
        return 0
    if options.number is None:
        raise Refusal("Say which model: `accord promote N`; `accord promote --list` shows those that there are.")
    from training.promotion import promote_model, told

    print(told(promote_model(options.number, options.override), as_json=options.json))
    return 0


def rollback_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def rollback(options: argparse.Namespace) -> int:
    from training.promotion import roll_back, told

    print(told(roll_back(), as_json=options.json))
    return 0


def retrain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--if-due", action="store_true", help="only when a week has passed since the last one")
    parser.add_argument("--list", action="store_true", help="tell what earlier retrainings came to")
    parser.add_argument(
        "--budget", type=float, default=60.0, metavar="SECONDS", help="time to search for better settings (default: 60)"
    )
    parser.add_argument("--agreement", metavar="PATH", help="used while none is in force (default: ./accord.toml)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def retrain(options: argparse.Namespace) -> int:
    import json

    if not 0 <= options.budget <= 86_400:
        raise Refusal("--budget must be a number of seconds from 0 to 86400.")
    if options.list:
        from training.retraining.listing import list_json, list_words, listed

        print(list_json(listed()) if options.json else list_words(listed()))
        return 0
    from training.retraining.account import account_json, account_words
    from training.retraining.job import run_retraining

    account = run_retraining(options.agreement, options.budget, options.if_due)
    if isinstance(account, str):
        print(json.dumps({"due": False, "promoted": False, "why": account}) if options.json else account)
        return 0
    print(account_json(account) if options.json else account_words(account))
    return 0
