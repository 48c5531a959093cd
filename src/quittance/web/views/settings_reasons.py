"""Settings: the company's own list of reasons why items are late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.cases import delay_reasons as reasons
from quittance.foundation.permissions import Permission
from quittance.parties.staff import LANGUAGE_CHOICES
from quittance.web.access import actor_of, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.settings import may_edit


class DelayReasonNamesForm(forms.Form):
    """The name of a reason in each language."""

    def __init__(self, *args: Any, names: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, language in LANGUAGE_CHOICES:
            self.fields[code] = forms.CharField(
                label=language, max_length=reasons.NAME_LENGTH_MAX, required=False, initial=(names or {}).get(code, "")
            )


@requires(Permission.SEE_SETTINGS)
def reason_list(request: HttpRequest) -> HttpResponse:
    """Show the list; who may, adds a reason."""
    is_sent = request.method == "POST" and may_edit(request)
    form = DelayReasonNamesForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            reasons.add_delay_reason(names=form.cleaned_data, actor=actor_of(request))
        except reasons.DelayReasonRefused as error:
            form.add_error(None, _why(error))
        else:
            notify(request, _("The reason is on the list."))
            return redirect("settings_delay_reasons")
    context = {
        "rows": [
            {
                "code": row.code,
                "is_active": row.is_active,
                "names": [row.names.get(code, "") for code, _n in LANGUAGE_CHOICES],
            }
            for row in reasons.list_delay_reasons()
        ],
        "languages": [language for _code, language in LANGUAGE_CHOICES],
        "form": form,
        "may_edit": may_edit(request),
    }
    return render_page(request, "settings/delay_reason_list.html", context=context, status=422 if is_sent else 200)


@requires(Permission.EDIT_SETTINGS)
def reason_edit(request: HttpRequest, reason_code: str) -> HttpResponse:
    """Give a reason other names."""
    row = next((row for row in reasons.list_delay_reasons() if row.code == reason_code), None)
    if row is None:
        raise Http404
    is_sent = request.method == "POST"
    form = DelayReasonNamesForm(request.POST if is_sent else None, names=row.names)
    if is_sent and form.is_valid():
        try:
            reasons.rename_delay_reason(code=reason_code, names=form.cleaned_data, actor=actor_of(request))
        except reasons.DelayReasonRefused as error:
            form.add_error(None, _why(error))
        else:
            notify(request, _("The reason is renamed, on old items too."))
            return redirect("settings_delay_reasons")
    context = {"row": row, "form": form}
    return render_page(request, "settings/delay_reason_edit.html", context=context, status=422 if is_sent else 200)


@requires(Permission.EDIT_SETTINGS)
@require_POST
def reason_use(request: HttpRequest, reason_code: str) -> HttpResponse:
    """Retire a reason, or offer it again."""
    is_active = request.POST.get("is_active") == "1"
    try:
        reasons.use_delay_reason(code=reason_code, is_active=is_active, actor=actor_of(request))
    except reasons.DelayReasonNotFound:
        raise Http404 from None
    except reasons.DelayReasonRefused as error:
        notify(request, _why(error), tone="late")
    else:
        notify(request, _("It is offered again.") if is_active else _("Retired: items that have it keep it."))
    return redirect("settings_delay_reasons")


def _why(error: reasons.DelayReasonRefused) -> str:
    words = {
        "NAME_MISSING": _("Give it a name in one language at least."),
        "NAME_TAKEN": _("Another reason is called like this already."),
        "LAST_ONE": _("One reason at least must be offered."),
    }
    return words.get(error.problem, str(error))
