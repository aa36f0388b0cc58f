"""What the endpoints of one application work with."""

import json
import re
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import Response

from leads.form import form_class
from leads.ledger import Key, Ledger, Scope
from serving.deciding.intake import Intake
from serving.edge.access import admit
from serving.watch.state import State

IDENTIFIER = re.compile("(ld|dc)_[0-9a-f-]{36}")


class Desk:
    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        self.fields = intake.agreement.form.fields
        self.form = form_class(intake.agreement)
        self.schema = self.form.model_json_schema()
        self.state = State(intake)

    @property
    def ledger(self) -> Ledger:
        return self.intake.ledger

    @property
    def zone(self) -> ZoneInfo:
        return self.intake.zone


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def caller(request: Request, need: Scope, *or_need: Scope) -> Key:
    """The caller's key, if it may do what one of these names. It reads the ledger, so it must not run on the event
    loop."""
    return admit(request, desk_of(request).ledger, need, or_need=or_need)


def as_json(body: object, status: int = 200, media_type: str = "application/json") -> Response:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type=media_type, headers={"Cache-Control": "no-store"})
