"""Settings: the tokens of the API, each shown once when it is made."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from quittance.foundation import api_tokens, clock
from quittance.foundation.api_tokens import ApiScope
from quittance.foundation.permissions import Permission
from quittance.web.access import actor_of, companies_of, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import Column, Empty, Table
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.work_forms import DayField

SCOPE_WORDS = {
    ApiScope.STATEMENTS_WRITE: lazy("Hand in bank files"),
    ApiScope.ITEMS_READ: lazy("Read open items"),
    ApiScope.WRITEBACK_READ: lazy("Fetch what goes to the ERP"),
    ApiScope.WRITEBACK_WRITE: lazy("Export to the ERP and note its answers"),
}
_STATES = {
    "ACTIVE": (pgettext_lazy("API token", "Active"), "settled"),
    "EXPIRED": (pgettext_lazy("API token", "Expired"), "neutral"),
    "REVOKED": (pgettext_lazy("API token", "Revoked"), "neutral"),
}
_STATE_WORDS = {code: word for code, (word, _tone) in _STATES.items()}


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(label=lazy("Name"), max_length=80, help_text=lazy("The program that will use it."))
    companies = forms.TypedMultipleChoiceField(label=lazy("Companies"), coerce=int, widget=forms.CheckboxSelectMultiple)
    scopes = forms.MultipleChoiceField(
        label=lazy("What it may do"),
        choices=[(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    expires_on = DayField(label=lazy("Until"), required=False, help_text=lazy("Blank: until it is revoked."))

    def __init__(self, *args: Any, companies: list[tuple[int, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        field: Any = self.fields["companies"]
        field.choices = companies


class TokenTable(Table):
    """Tokens, the latest first."""

    key = "api-tokens"
    caption = lazy("API tokens")
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="name", label=lazy("Name"), is_sortable=True),
        Column(key="prefix", label=lazy("Begins with"), priority=2),
        Column(
            key="state", label=lazy("State"), kind="status", labels=_STATE_WORDS,
            tone=lambda row: _STATES[row["state"]][1],
        ),
        Column(key="company_names", label=lazy("Companies"), priority=2),
        Column(key="scope_names", label=lazy("What it may do"), priority=3),
        Column(key="expires_on", label=lazy("Until"), kind="date", is_sortable=True, priority=2),
        Column(key="last_used_at", label=lazy("Last used"), kind="moment", is_sortable=True, priority=2),
        Column(key="created_by_name", label=lazy("Made by"), kind="person", priority=3),
    ]  # fmt: skip
    search_fields = ("name", "prefix")
    search_hint = lazy("Name or beginning")
    default_sort = "name"
    empty = Empty(
        title=lazy("No program has a token."), text=lazy("Make one below for each program, so that one can be revoked.")
    )


@requires(Permission.EDIT_SETTINGS)
def token_list(request: HttpRequest) -> HttpResponseBase:
    """List the tokens and make one: its secret is in this answer and nowhere else."""
    companies = [(row.id, row.name) for row in companies_of(request)]
    is_sent = request.method == "POST"
    form = TokenForm(request.POST if is_sent else None, companies=companies)
    secret = ""
    if is_sent and form.is_valid():
        try:
            _id, secret = api_tokens.create_token(
                name=form.cleaned_data["name"],
                company_ids=form.cleaned_data["companies"],
                scopes=form.cleaned_data["scopes"],
                expires_on=form.cleaned_data["expires_on"],
                actor=actor_of(request),
            )
            form = TokenForm(companies=companies)
        except api_tokens.TokenRefused as error:
            is_day = error.field == "expires_on"
            form.add_error(error.field, _("Choose a later day.") if is_day else _("Fill this in."))
    rows = _rows(request)
    table = TokenTable(request, rows)
    active = [row for row in rows if row["state"] == "ACTIVE"]
    context = {"form": form, "secret": secret, "active": active}
    if is_sent:
        status = 200 if secret else 422
        answer = render_page(request, "settings/api_tokens.html", context={**context, "table": table}, status=status)
        answer["Cache-Control"] = "no-store"
        return answer
    return render_table(request, "settings/api_tokens.html", table, context)


@requires(Permission.EDIT_SETTINGS)
@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponseBase:
    """End a token."""
    try:
        api_tokens.revoke_token(token_id=token_id, actor=actor_of(request), scope=allowed_scope(request))
    except api_tokens.TokenNotFound:
        raise Http404 from None
    notify(request, _("Revoked: it opens nothing any more."))
    return redirect("settings_api_tokens")


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    names = {row.id: row.name for row in companies_of(request)}
    today = clock.today()
    found = []
    for row in api_tokens.list_tokens(scope=allowed_scope(request)):
        is_over = row["expires_on"] is not None and row["expires_on"] < today
        found.append(
            {
                **row,
                "state": "REVOKED" if row["revoked_at"] else "EXPIRED" if is_over else "ACTIVE",
                "company_names": ", ".join(names.get(one, "…") for one in row["company_ids"]),
                "scope_names": ", ".join(str(SCOPE_WORDS[ApiScope(one)]) for one in row["scopes"]),
            }
        )
    return found
