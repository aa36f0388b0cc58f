"""What a sales minute must earn now."""

from leads.agreement import Agreement
from leads.ledger import Ledger
from models.policy import Price


class Prices:
    """The newest price under each model, remembered, so that no lead waits for the ledger."""

    def __init__(self, ledger: Ledger, agreement: Agreement, number: int) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.number = number
        self._of: dict[str | None, Price] = {}

    def of(self, model: str | None) -> Price | None:
        return self._of.get(model)
