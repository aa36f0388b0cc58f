"""What can be asked of the service over HTTP."""

from fastapi import APIRouter

from serving.endpoints.desk import Desk
from serving.endpoints.forms import form_endpoints
from serving.endpoints.leads import lead_endpoints
from serving.endpoints.state import state_endpoints

__all__ = ["Desk", "endpoints"]


def endpoints() -> tuple[APIRouter, ...]:
    return (form_endpoints(), lead_endpoints(), state_endpoints())
