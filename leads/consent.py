"""What a lead agreed to, by the agreement's `[privacy]`."""

from collections.abc import Mapping

from leads.agreement import Agreement


def may_be_profiled(agreement: Agreement, form: Mapping[str, object]) -> bool:
    """Without it only the agreement's written points score the lead, never a model."""
    return _agreed(agreement.privacy.profiling_consent, form)


def may_be_mailed(agreement: Agreement, form: Mapping[str, object]) -> bool:
    """Nurture writes to people, so without it a person looks at the lead instead."""
    return _agreed(agreement.privacy.mail_consent, form)


def _agreed(field: str | None, form: Mapping[str, object]) -> bool:
    """Everybody does where the agreement names no field; otherwise silence is a no."""
    return field is None or form.get(field) is True
