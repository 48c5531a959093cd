"""Lists of a past day wait, with a word, until the sums of that day are worked out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from quittance.ledger.services.past_days import PastDayState, ask_past_day
from quittance.web.access import Desk
from quittance.web.rendering import render_page, wants_fragment

SECONDS_BETWEEN_LOOKS = 2


def page_of_a_coming_day(request: HttpRequest, desk: Desk) -> HttpResponse | None:
    """Return the page that waits for the sums of the day looked at; None when they are there or will not come.

    The browser asks again by itself (the Refresh header works without JavaScript). A part of a page, a file and a day
    nobody prepares are worked out from the items: slower, never refused.
    """
    if not desk.is_past or ask_past_day(as_of=desk.as_of) is not PastDayState.COMING:
        return None
    if wants_fragment(request) or any(name.endswith("export") for name in request.GET):
        return None
    response = render_page(request, "past_day.html", context={"as_of": desk.as_of})
    response["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
    return response
