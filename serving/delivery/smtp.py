"""One attempt to hand a mail to the relay."""

import asyncio
import json
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib

from leads.ledger import Outgoing
from serving.delivery.configuration import Relay
from serving.delivery.schedule import Outcome

ATTEMPT_SECONDS = 15.0
REFUSED = (
    aiosmtplib.SMTPSenderRefused,
    aiosmtplib.SMTPRecipientRefused,
    aiosmtplib.SMTPDataError,
)
"""What a relay says of this mail. Its other refusals (of our name and password, say) are for its operator to mend, so
the mail waits."""


class MailSender:
    def __init__(self, relay: Relay, seconds: float = ATTEMPT_SECONDS, trust: ssl.SSLContext | None = None) -> None:
        self._relay = relay
        self._seconds = seconds
        self._trust = trust

    async def __call__(self, outgoing: Outgoing, at: datetime) -> Outcome:
        try:
            async with asyncio.timeout(self._seconds):
                await self._hand_over(mail(outgoing, self._relay.sender))
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _refused(refused.recipients[0].code)
        except REFUSED as refused:
            return _refused(refused.code)
        except aiosmtplib.SMTPResponseException as error:
            return Outcome(error.code, "relay")
        except TimeoutError:
            return Outcome(error="timeout")
        except ssl.SSLError:
            return Outcome(error="tls")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Outcome(error="tls" if isinstance(error.__cause__, ssl.SSLError) else "no-connection")
        return Outcome(250, delivered=True)

    async def _hand_over(self, message: EmailMessage) -> None:
        relay = self._relay
        await aiosmtplib.send(
            message,
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            use_tls=relay.scheme == "smtps",
            local_hostname=relay.sender.rsplit("@", 1)[1],
            timeout=self._seconds,
            tls_context=self._trust,
        )


def mail(outgoing: Outgoing, sender: str) -> EmailMessage:
    """The same bytes in every attempt: its id and date are the message's."""
    said = json.loads(outgoing.payload)
    message = EmailMessage(SMTP)
    message["From"] = sender
    message["To"] = outgoing.mail_to
    message["Subject"] = said["subject"]
    message["Date"] = outgoing.created_at
    message["Message-ID"] = f"<{outgoing.message}@{sender.rsplit('@', 1)[1]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(said["text"], cte="quoted-printable")
    return message


def _refused(code: int) -> Outcome:
    return Outcome(code, "refused", permanent=code >= 500)
