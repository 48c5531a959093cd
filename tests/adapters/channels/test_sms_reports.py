"""What the gateways for SMS tell later, in their own shapes: states, signatures, calls that say nothing."""

from __future__ import annotations

import pytest

from quittance.adapters.channels.sms_http import Settings
from quittance.adapters.channels.sms_ovh import OvhSmsChannel
from quittance.adapters.channels.sms_twilio import TwilioSmsChannel
from quittance.core.ports.channels import Callback, DeliveryOutcome, ReportNotGenuine

# The worked example of Twilio's documentation ("Webhooks security").
DOCUMENTED_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
DOCUMENTED_FORM = [
    ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"), ("From", "+14158675309"),
    ("To", "+18005551212"),
]  # fmt: skip
DOCUMENTED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def twilio(*, password: str = "12345", auth_token: str = "") -> TwilioSmsChannel:
    return TwilioSmsChannel(Settings(host="x", user="AC1", password=password, auth_token=auth_token))


def signed(form: list[tuple[str, str]], *, url: str = "https://q.example/r/?m=ours", token: str = "12345") -> Callback:
    import base64
    import hashlib
    import hmac

    text = url + "".join(name + value for name, value in sorted(form))
    signature = base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
    query = [("m", "ours")] if "?m=" in url else []
    return Callback(url=url, query=query, form=form, headers={"x-twilio-signature": signature})


def test_the_documented_signature_is_accepted_and_says_nothing_of_a_message() -> None:
    call = Callback(url=DOCUMENTED_URL, form=DOCUMENTED_FORM, headers={"x-twilio-signature": DOCUMENTED})
    assert twilio().read_report(call) is None
    assert twilio(password="key secret", auth_token="12345").read_report(call) is None


@pytest.mark.parametrize("given", ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "é"])
def test_another_signature_is_refused(given: str) -> None:
    call = Callback(url=DOCUMENTED_URL, form=DOCUMENTED_FORM, headers={"x-twilio-signature": given})
    with pytest.raises(ReportNotGenuine):
        twilio().read_report(call)


def test_a_changed_form_or_address_is_refused() -> None:
    good = signed([("MessageSid", "SM1"), ("MessageStatus", "delivered")])
    for bad in (
        Callback(url=good.url, form=[("MessageSid", "SM2"), ("MessageStatus", "delivered")], headers=good.headers),
        Callback(url=good.url + "0", form=good.form, headers=good.headers),
        Callback(url=good.url, form=good.form),
    ):
        with pytest.raises(ReportNotGenuine):
            twilio().read_report(bad)


TWILIO = """
status      | code  | outcome   | bad
queued      |       | WAITING   | no
sent        |       | WAITING   | no
delivered   |       | DELIVERED | no
read        |       | DELIVERED | no
undelivered | 30003 | FAILED    | no
undelivered | 30005 | FAILED    | yes
failed      | 21610 | FAILED    | yes
failed      | x²    | FAILED    | no
anything    |       | WAITING   | no
"""


@pytest.mark.parametrize("line", TWILIO.strip().splitlines()[1:])
def test_the_states_of_twilio(line: str) -> None:
    status, code, outcome, bad = (part.strip() for part in line.split("|"))
    report = twilio().read_report(signed([("MessageSid", "SM1"), ("MessageStatus", status), ("ErrorCode", code)]))
    assert report is not None
    assert (report.reference, report.message_id) == ("SM1", "ours")
    assert (report.outcome, report.is_recipient_bad) == (DeliveryOutcome(outcome), bad == "yes")


OVH = """
ptt | description | outcome   | bad
1   | 4           | WAITING   | no
3   | 4           | WAITING   | no
4   | 1           | DELIVERED | no
5   | 2           | FAILED    | no
6   | 2           | WAITING   | no
23  | 2           | FAILED    | yes
24  | 2           | FAILED    | no
27  | 2           | FAILED    | yes
999 | 2           | FAILED    | no
    | 1           | DELIVERED | no
    | 16          | FAILED    | no
    | 8           | WAITING   | no
"""


@pytest.mark.parametrize("line", OVH.strip().splitlines()[1:])
def test_the_states_of_ovh(line: str) -> None:
    ptt, description, outcome, bad = (part.strip() for part in line.split("|"))
    channel = OvhSmsChannel(Settings(host="x", user="k", password="s"))
    call = Callback(
        url="", query=[("id", "42"), ("ptt", ptt), ("description", description), ("descriptionDlr", "so it was")]
    )
    report = channel.read_report(call)
    assert report is not None
    assert (report.reference, report.text) == ("42", "so it was")
    assert (report.outcome, report.is_recipient_bad) == (DeliveryOutcome(outcome), bad == "yes")


@pytest.mark.parametrize("query", [[], [("id", "42")], [("ptt", "4")]])
def test_a_call_that_says_nothing_is_no_report(query: list[tuple[str, str]]) -> None:
    assert OvhSmsChannel(Settings(host="x", user="k", password="s")).read_report(Callback(url="", query=query)) is None
