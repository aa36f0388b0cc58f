"""The front door: `accord VERB …`. A verb lives in its room's commands; only the room that it needs is loaded."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from keyword import iskeyword

from leads.refusal import Failure, Refusal

# verb: (module, what it does), in the order in which someone new needs them
VERBS = {
    "demo": ("training.commands_demo", "play a simulated company, or your own table, from end to end"),
    "init": ("training.commands", "write the agreement from a table of past leads"),
    "check": ("leads.commands", "say in plain words what the agreement agrees"),
    "propose": ("serving.agreeing.commands", "propose a changed agreement, and show what it would have done"),
    "approve": ("serving.agreeing.commands", "approve the proposed agreement in the name of your team"),
    "agreements": ("serving.agreeing.commands", "tell which agreements there were, and who approved them"),
    "train": ("training.commands", "learn from a table of past leads"),
    "score": ("models.commands", "score every row of a table"),
    "serve": ("serving.commands", "answer web forms over HTTP"),
    "import": ("serving.imports.commands", "take in leads of the past, or what became of leads, from a table"),
    "report": ("serving.report.commands", "show what sales and marketing owed each other, and what happened"),
    "evaluate": ("training.assessment.commands", "show what the scores promised, what came, and why to believe them"),
    "queue": ("serving.views.commands", "show whom to call now, and why"),
    "lead": ("serving.views.commands", "tell all that happened to one lead"),
    "work": ("serving.delivery.work_command", "deliver webhooks and mail from a process of its own"),
    "endpoints": ("serving.delivery.commands", "manage the receivers of webhooks, and what could not be delivered"),
    "hooks": ("serving.inbound.commands", "take in forms of HubSpot, Typeform, Webflow and other tools"),
    "keys": ("serving.key_commands", "make, list, revoke and roll (replace) keys of the API"),
    "db": ("leads.db_commands", "upgrade the ledger's schema, show its state, or back it up"),
    "people": ("serving.team.commands", "show the sales team, who is there, and say who comes, goes or is away"),
    "route": ("serving.deciding.route_command", "try out who would get a lead, and why; nothing is written"),
    "rehearse": ("serving.rehearsal.commands", "play a table of leads through the agreement before anybody signs it"),
    "quarantine": ("serving.quarantine.commands", "show the leads that bots seem to have sent, and restore one"),
    "override": ("serving.rights.commands", "decide by hand who takes a lead"),
    "object": ("serving.rights.commands", "keep the model from scoring a person who objects to it"),
    "replay": ("models.replay_commands", "make decisions again and compare them, byte for byte"),
    "export": ("serving.rights.commands", "write down all that is known of a person"),
    "erase": ("serving.rights.commands", "forget a person for good"),
    "retrain": ("training.commands", "learn anew from what the ledger knows, and promote what passes the gates"),
    "promote": ("training.commands", "let a trained model serve"),
    "rollback": ("training.commands", "let the model before serve again"),
    "mlflow": ("training.commands_mlflow", "open the experiments in a browser"),
}


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    try:
        options = _parser(given).parse_args(given)
        return int(options.run(options))
    except Refusal as refusal:
        print(f"accord: {refusal}", file=sys.stderr)
        return 2
    except Failure as failure:
        print(f"accord: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _parser(given: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="accord",
        description="Scores every inbound lead, says in the same call whether sales or marketing takes the reins, "
        "and learns from what happened.",
        epilog="`accord VERB --help` tells more about one verb. State lives under ACCORD_HOME (default ./var).",
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    wanted = next((word for word in given if not word.startswith("-")), None)
    for verb, (module, purpose) in VERBS.items():
        of_verb = verbs.add_parser(verb, help=purpose, description=purpose[:1].upper() + purpose[1:] + ".")
        if verb == wanted:
            commands = import_module(module)
            getattr(commands, f"{verb}_arguments")(of_verb)
            of_verb.set_defaults(run=getattr(commands, f"{verb}_" if iskeyword(verb) else verb))
    return parser


if __name__ == "__main__":
    sys.exit(main())
