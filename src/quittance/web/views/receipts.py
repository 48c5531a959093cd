"""Where the gateways for SMS tell what became of a message. Nobody signs in here.

The address holds a secret; Twilio signs its calls besides. They come without a cookie, so they are exempt from the
CSRF check. Nothing of what is kept is shown.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from quittance.core.ports.channels import Callback, ReportNotGenuine
from quittance.delivery import services


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def sms_report(request: HttpRequest, channel: str, token: str) -> HttpResponse:
    """Take a delivery receipt; 204 whether it changed anything or not, 403 when its signature is wrong."""
    callback = Callback(
        # As the provider called it: a proxy in between may have changed scheme and host.
        url=settings.QUITTANCE_PUBLIC_URL.rstrip("/") + request.get_full_path(),
        query=[(name, value) for name, values in request.GET.lists() for value in values],
        form=[(name, value) for name, values in request.POST.lists() for value in values],
        headers={name.lower(): value for name, value in request.headers.items()},
    )
    try:
        services.take_report(channel=channel, token=token, callback=callback)
    except services.ReportRefused as error:
        raise Http404 from error
    except ReportNotGenuine:
        return HttpResponse(status=403)
    return HttpResponse(status=204)
