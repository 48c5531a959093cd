"""Show a message without trusting it: its own answer, sandboxed, that can fetch and run nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from django.http import HttpResponse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from quittance.core.sms import Encoding
from quittance.delivery.queries import inline_images
from quittance.delivery.services import SMS_SEGMENTS_MAX, MessageContent
from quittance.dunning.sms_pages import SmsPreview
from quittance.web import formats

POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)
ENCODING_WORDS = {
    Encoding.GSM_7: lazy("short alphabet (GSM-7)"),
    Encoding.UCS_2: lazy("long alphabet (UCS-2)"),
}


def message_response(html: str) -> HttpResponse:
    """Answer with the HTML part of a message, for a frame of ours."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def framed_email(content: MessageContent, *, is_plain: bool = False) -> HttpResponse:
    """Answer the frame with an e-mail, its subject above it; with its plain text alone when that is asked."""
    if is_plain:
        style = "font:14px/1.5 monospace;white-space:pre-wrap;margin:16px;overflow-wrap:anywhere"
        text = f"{content.subject}\n\n{content.body_text}"
        return message_response(f'<!doctype html><pre style="{style}">{conditional_escape(text)}</pre>')
    style = "margin:0;padding:12px 16px;border-bottom:1px solid #c9c6bf;font:600 14px/1.5 Helvetica,Arial,sans-serif"
    subject = format_html('<p style="{}">{}</p>', style, content.subject)
    html = re.sub(r"(<body[^>]*>)", lambda found: found[1] + subject, content.body_html, count=1)
    return message_response(inline_images(html, content.inline_images))


def framed_picture(png: bytes) -> HttpResponse:
    """Answer the frame with a page of paper."""
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    style = "display:block;width:100%;height:auto"
    return message_response(
        format_html(
            '<!doctype html><body style="margin:0;background:#fff"><img src="{}" alt="" style="{}">', source, style
        )
    )


def framed_wrong(lines: Iterable[str]) -> HttpResponse:
    """Answer the frame with what is wrong."""
    style = "font:14px/1.5 Helvetica,Arial,sans-serif;margin:16px;color:#a8281c"
    rows = "".join(format_html("<li>{}</li>", line) for line in lines)
    return message_response(f'<!doctype html><ul style="{style}">{rows}</ul>')


def framed_sms(shown: SmsPreview) -> HttpResponse:
    """Answer the frame with an SMS and what it takes and costs."""
    return message_response(_page_of(shown))


def _page_of(shown: SmsPreview) -> str:
    """Return the page of the frame: the words as a telephone shows them, and what they take. It can load no style."""
    rows = format_html_join(
        "",
        '<p style="margin:4px 0"><span style="color:#6b6862">{}</span><br><span style="color:{}">{}</span></p>',
        ((label, "#a8281c" if is_wrong else "#1d1d1b", said) for label, said, is_wrong in _measures(shown)),
    )
    return format_html(
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<body style="margin:16px;font:15px/1.5 Helvetica,Arial,sans-serif;color:#1d1d1b;background:#ffffff">'
        '<p style="max-width:22rem;margin:0 0 20px;padding:12px 16px;border-radius:16px 16px 16px 4px;'
        'background:#ecebe6;white-space:pre-wrap;overflow-wrap:anywhere">{}</p>{}',
        shown.text,
        rows,
    )


def _measures(shown: SmsPreview) -> Iterator[tuple[str, str, bool]]:
    """Yield what a text takes: what is measured, how much, and whether that is too much."""
    count = shown.count
    room = ngettext(
        "room for %(n)s more sign in the last part", "room for %(n)s more signs in the last part", count.units_left
    ) % {"n": formats.number_text(count.units_left, 0)}
    yield _("Length"), f"{formats.number_text(count.units, 0)} · {room}", False
    encoding = str(ENCODING_WORDS[count.encoding])
    if count.encoding is Encoding.UCS_2:
        because = _("because of")
        encoding = f"{encoding} · {because} {' '.join(shown.odd_signs)}"
    yield _("Encoding"), encoding, False
    parts, is_wrong = formats.number_text(count.segments, 0), count.segments > SMS_SEGMENTS_MAX
    if is_wrong:
        limit = _("at most %(segments_max)s: this would not be sent.") % {"segments_max": SMS_SEGMENTS_MAX}
        parts = f"{parts} · {limit}"
    yield _("Parts"), parts, is_wrong
    cost = shown.cost
    priced = f"{cost.amount.normalize():f} {cost.currency}" if cost.amount is not None else ""
    yield _("Cost"), priced or _("no price is set under Sending"), False
