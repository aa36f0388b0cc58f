"""What can be asked of the service over HTTP."""

from fastapi import APIRouter

from serving.endpoints.agreements import agreement_endpoints
from serving.endpoints.answering import answer_endpoints
from serving.endpoints.deliveries import delivery_endpoints
from serving.endpoints.desk import Desk
from serving.endpoints.engagements import engagement_endpoints
from serving.endpoints.forms import form_endpoints
from serving.endpoints.hooks import hook_endpoints
from serving.endpoints.imports import import_endpoints
from serving.endpoints.leads import lead_endpoints
from serving.endpoints.metrics import metrics_endpoints
from serving.endpoints.model import model_endpoints
from serving.endpoints.outcomes import outcome_endpoints
from serving.endpoints.quarantine import quarantine_endpoints
from serving.endpoints.queue import queue_endpoints
from serving.endpoints.receivers import receiver_endpoints
from serving.endpoints.report import report_endpoints
from serving.endpoints.rights import rights_endpoints
from serving.endpoints.state import state_endpoints

__all__ = ["Desk", "endpoints"]


def endpoints() -> tuple[APIRouter, ...]:
    return (
        form_endpoints(),
        hook_endpoints(),
        lead_endpoints(),
        queue_endpoints(),
        model_endpoints(),
        report_endpoints(),
        outcome_endpoints(),
        engagement_endpoints(),
        import_endpoints(),
        answer_endpoints(),
        quarantine_endpoints(),
        rights_endpoints(),
        agreement_endpoints(),
        receiver_endpoints(),
        delivery_endpoints(),
        state_endpoints(),
        metrics_endpoints(),
    )
