"""Many accounts at once: send them one text, or let them follow one policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from quittance.dunning import services
from quittance.dunning.messages.texts import LEVELS
from quittance.dunning.policy_pages import list_policies
from quittance.dunning.policy_words import policy_name
from quittance.foundation.permissions import Permission
from quittance.segments import queries as segments
from quittance.web.access import Desk, actor_of, desk_of, requires
from quittance.web.policy_words import MEDIUM_WORDS, MESSAGE_WORDS
from quittance.web.rendering import notify, render_page
from quittance.web.tables import QuerySetSource
from quittance.web.views.customer_table import CustomerSource
from quittance.web.views.customers import customer_table
from quittance.web.views.policies_edit import tell_assigned
from quittance.web.views.segment_tables import MemberTable
from quittance.web.views.ui import safe_next

FIRST_CHOICE = "STATEMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSelection:
    """The accounts chosen, inside the scope, and what the form has to say again to choose them."""

    account_ids: list[int]
    back: str
    hidden: list[tuple[str, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many accounts were chosen."""
        return len(self.account_ids)


def read_accounts(request: HttpRequest) -> AccountSelection:
    """Return the accounts behind the rows that were selected, or behind all that pass the filters. Six queries at most.

    The rows are those of the customers' list, or of the segment that the address names.
    """
    desk = desk_of(request)
    if desk.is_past:
        raise PermissionDenied
    segment = request.GET.get("segment", "")
    if segment.isascii() and segment.isdigit():
        back, account_ids = _of_segment(request, desk, int(segment))
    else:
        back, account_ids = reverse("customer_list"), _of_customers(request, desk)
    again = [(name, text) for name in ("all", "query", "selected", "next") for text in request.POST.getlist(name)]
    return AccountSelection(account_ids=account_ids, back=safe_next(request, back), hidden=again)


def _of_customers(request: HttpRequest, desk: Desk) -> list[int]:
    table = customer_table(request, desk, query=QueryDict(request.POST.get("query", "")))
    if table.is_refused:  # without that filter it would be more than was seen
        return []
    source = cast(CustomerSource, table.source)
    return source.account_ids(keys=None if _is_all(request) else request.POST.getlist("selected"))


def _of_segment(request: HttpRequest, desk: Desk, segment_id: int) -> tuple[str, list[int]]:
    if segments.find_segment(segment_id=segment_id) is None:
        raise Http404
    members = segments.list_members(segment_id=segment_id, as_of=desk.today, scope=desk.scope)
    table = MemberTable(request, members, query=QueryDict(request.POST.get("query", "")))
    back = reverse("segment_detail", args=[segment_id])
    if table.is_refused:
        return back, []
    found: Any = cast(QuerySetSource, table.source).queryset.order_by()
    if not _is_all(request):
        chosen = [int(text) for text in request.POST.getlist("selected") if text.isascii() and text.isdigit()]
        found = found.filter(account_id__in=chosen)
    return back, sorted(set(found.values_list("account_id", flat=True)))


def _is_all(request: HttpRequest) -> bool:
    return request.POST.get("all") == "1"


class MassForm(forms.Form):
    """Which text, and by what."""

    message = forms.ChoiceField(
        label=lazy("Text"), choices=[(code, MESSAGE_WORDS[code]) for code in LEVELS], initial=FIRST_CHOICE,
        help_text=lazy("Each reads it in the language of the contact, with the list of what the account owes."),
    )  # fmt: skip
    medium = forms.ChoiceField(label=lazy("By"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        media = services.list_mass_media()
        choices = [(medium.value, MEDIUM_WORDS[medium.value]) for medium in media]
        self.fields["medium"].choices = choices  # type: ignore[attr-defined]
        self.fields["medium"].initial = choices[0][0]


@requires(Permission.PREPARE_RUNS)
@require_POST
def mass_message(request: HttpRequest) -> HttpResponse:
    """Ask which text the chosen accounts get; then prepare a run of them, which waits for review."""
    selection = read_accounts(request)
    if not selection.count:
        return _nothing(request, selection)
    is_sent = request.POST.get("step") == "save"
    form = MassForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        run_id = services.start_mass_run(
            account_ids=selection.account_ids,
            message_code=form.cleaned_data["message"],
            medium=form.cleaned_data["medium"],
            actor=actor_of(request),
        )
        return redirect("run_detail", run_id)
    context = {"form": form, "selection": selection}
    return render_page(request, "runs/mass_message.html", context=context, status=422 if form.errors else 200)


@requires(Permission.EDIT_POLICIES)
@require_POST
def mass_policy(request: HttpRequest) -> HttpResponse:
    """Ask which policy the chosen accounts follow; then write it, with a way back."""
    selection = read_accounts(request)
    if not selection.count:
        return _nothing(request, selection)
    if request.POST.get("step") == "save":
        code = request.POST.get("policy", "")
        try:
            done = services.assign_policies(
                account_ids=selection.account_ids, policy_code=code, actor=actor_of(request)
            )
        except services.UnknownPolicy:
            notify(request, _("There is no such policy."), tone="late")
        else:
            tell_assigned(request, done)
        return redirect(selection.back)
    rows = list_policies(as_of=desk_of(request).today)
    context = {
        "selection": selection,
        "policies": [{"code": row.code, "name": policy_name(row.name)} for row in rows],
    }
    return render_page(request, "policies/mass_policy.html", context=context)


def _nothing(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    notify(request, _("Select one line at least."), tone="soon")
    return redirect(selection.back)
