"""The public page behind a message's List-Unsubscribe: stop courtesy messages by one click (RFC 8058).

Nobody signs in here: the link is signed and ends after half a year. Mail providers post to it by themselves, without a
cookie, so it is exempt from the CSRF check; a GET changes nothing, since scanners of mail follow links.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from quittance.delivery import services
from quittance.web.rendering import render_page


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Say what the link stops and ask; a POST stops it. Read in the language of the message."""
    try:
        link = services.opt_out(token=token) if request.method == "POST" else services.read_link(token=token)
    except services.LinkNotValid:
        return render_page(request, "messages/stop.html", context={"link": None}, status=404)
    context = {"link": link, "is_done": link.is_done or request.method == "POST"}
    with translation.override(link.language):
        return render_page(request, "messages/stop.html", context=context)
