"""The verb of this room: `accord check`."""

import argparse
import json


def check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agreement", metavar="PATH", help="default: ACCORD_AGREEMENT, then ./accord.toml")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def check(options: argparse.Namespace) -> int:
    from leads.agreement import agreement_path, read_agreement
    from leads.check import explain

    path = agreement_path(options.agreement)
    agreement = read_agreement(path)
    lines = explain(agreement)
    if options.json:
        said = agreement.model_dump(mode="json")
        print(json.dumps({"path": str(path), "digest": agreement.digest, "words": lines, "agreement": said}))
    else:
        print("\n".join([*lines, f"{path} agrees with itself ({agreement.digest[:12]})."]))
    return 0
