"""What happens around every request of the web interface."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

Handler = Callable[[HttpRequest], HttpResponseBase]


class PersonLanguageMiddleware:
    """Speak the language a person chose; the browser's only until somebody has signed in."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.known = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        chosen = getattr(user, "language", "") if user.is_authenticated else ""
        if chosen in self.known:
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        response = self.get_response(request)
        if chosen in self.known:
            response.headers["Content-Language"] = chosen
        return response
