"""What was learnt of payers: listed in words, switched off and on, given to another customer, forgotten, added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from quittance.cash import learnt, services
from quittance.foundation.permissions import Permission
from quittance.parties.queries import search_customers
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.learnt_words import KINDS, learnt_sentence
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views import lookups
from quittance.web.views.learnt_table import LearntTable

PAYER_KINDS = [(kind, KINDS[kind]) for kind in ("IBAN", "NAME")]


class CustomerField(forms.CharField):
    """A customer by number or name, one that the reader sees; the form gives `scope`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, help_text=lazy("Number or name of the customer."), **kwargs)
        self.scope: Any = None

    def clean(self, value: Any) -> int:
        """Return the id of the one customer that is meant."""
        text = str(super().clean(value))
        found = search_customers(text=text, scope=self.scope, limit=50)
        exact = [row for row in found if text.casefold() in (row["number"].casefold(), row["name"].casefold())]
        if len(exact) == 1 or len(found) == 1:
            return int((exact or found)[0]["id"])
        if not found:
            raise forms.ValidationError(_("No customer has this number or name."))
        raise forms.ValidationError(_("Several customers are meant. Write the number."))


class PayerForm(forms.Form):
    """Under what a customer pays."""

    customer = CustomerField(label=lazy("Customer"))
    kind = forms.ChoiceField(label=lazy("Recognised by"), choices=PAYER_KINDS)
    value = forms.CharField(
        label=lazy("Bank account or name"), max_length=200,
        help_text=lazy("As the bank writes it: an IBAN, or the name of who pays, for example a factor or the parent."),
    )  # fmt: skip


class MoveForm(forms.Form):
    """Whose a bank account or name is instead."""

    customer = CustomerField(label=lazy("Belongs to"))


@requires(Permission.SEE_CASH)
def learnt_list(request: HttpRequest) -> HttpResponseBase:
    """List what was learnt."""
    table = LearntTable(request, learnt.learnt_things(scope=desk_of(request).scope))
    return render_table(request, "cash/learnt_list.html", table, {"may_decide": _may_decide(request)})


@requires(Permission.MATCH_CASH)
def payer_new(request: HttpRequest) -> HttpResponse:
    """Add a bank account or a name of a payer; `customer` in the address names whose."""
    asked = request.GET.get("customer", "")
    initial = {}
    if asked.isdecimal():
        initial["customer"] = lookups.get_accounts_or_404(request, int(asked))[0].customer_number
    form = _form(request, PayerForm, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            identity_id = services.add_payer(
                customer_id=form.cleaned_data["customer"],
                kind=form.cleaned_data["kind"],
                value=form.cleaned_data["value"],
                actor=actor_of(request),
            )
        except services.LearntRefused as refused:
            form.add_error(refused.field, _refusal(refused.problem))
        else:
            notify(request, _("Payments are recognised by it from now on."))
            return redirect("payer_detail", identity_id)
    return render_page(request, "cash/payer_new.html", context={"form": form}, status=422 if form.errors else 200)


@requires(Permission.SEE_CASH)
def payer_detail(request: HttpRequest, identity_id: int) -> HttpResponse:
    """Show one bank account or name, and what can be decided on it."""
    return _detail(request, _payer(request, identity_id))


@requires(Permission.SEE_CASH)
def habit_detail(request: HttpRequest, customer_id: int, strategy: str) -> HttpResponse:
    """Show one way to pay, and what can be decided on it."""
    return _detail(request, _habit(request, customer_id, strategy))


@require_POST
@requires(Permission.MATCH_CASH)
def payer_switch(request: HttpRequest, identity_id: int) -> HttpResponse:
    """Use what was learnt, or no longer."""
    thing = _payer(request, identity_id)
    is_active = not thing["is_active"]
    return _done(
        request,
        lambda: services.switch_payer(identity_id=identity_id, is_active=is_active, actor=actor_of(request)),
        _switched(is_active=is_active),
        reverse("payer_detail", args=[identity_id]),
    )


@require_POST
@requires(Permission.MATCH_CASH)
def payer_move(request: HttpRequest, identity_id: int) -> HttpResponse:
    """Give a bank account or name to another customer."""
    thing = _payer(request, identity_id)
    form = _form(request, MoveForm)
    if not form.is_valid():
        return _detail(request, thing, form=form)
    moved = services.move_payer(
        identity_id=identity_id, customer_id=form.cleaned_data["customer"], actor=actor_of(request)
    )
    notify(request, _("It belongs to this customer from now on. What was matched stays as it is."))
    return redirect("payer_detail", moved)


@require_POST
@requires(Permission.MATCH_CASH)
def payer_forget(request: HttpRequest, identity_id: int) -> HttpResponse:
    """Forget a bank account or name."""
    _payer(request, identity_id)
    return _done(
        request,
        lambda: services.forget_payer(identity_id=identity_id, actor=actor_of(request)),
        _("Forgotten, until it is seen again."),
        reverse("learnt_list"),
    )


@require_POST
@requires(Permission.MATCH_CASH)
def habit_switch(request: HttpRequest, customer_id: int, strategy: str) -> HttpResponse:
    """Use a way to pay, or no longer."""
    is_on = not _habit(request, customer_id, strategy)["is_active"]
    return _done(
        request,
        lambda: services.switch_habit(customer_id=customer_id, strategy=strategy, is_on=is_on, actor=actor_of(request)),
        _switched(is_active=is_on),
        reverse("habit_detail", args=[customer_id, strategy]),
    )


@require_POST
@requires(Permission.MATCH_CASH)
def habit_forget(request: HttpRequest, customer_id: int, strategy: str) -> HttpResponse:
    """Learn a way to pay anew."""
    _habit(request, customer_id, strategy)
    return _done(
        request,
        lambda: services.forget_habit(customer_id=customer_id, strategy=strategy, actor=actor_of(request)),
        _("Forgotten: only what is confirmed from now on counts."),
        reverse("learnt_list"),
    )


def _may_decide(request: HttpRequest) -> bool:
    return Permission.MATCH_CASH in permissions_of_request(request)


def _form(request: HttpRequest, kind: type[forms.Form], **more: Any) -> Any:
    form = kind(request.POST if request.method == "POST" else None, **more)
    field: Any = form.fields["customer"]
    field.scope = desk_of(request).scope
    return form


def _payer(request: HttpRequest, identity_id: int) -> dict[str, Any]:
    found = learnt.find_learnt(thing_id=identity_id, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found


def _habit(request: HttpRequest, customer_id: int, strategy: str) -> dict[str, Any]:
    found = learnt.find_habit(customer_id=customer_id, strategy=strategy, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found


def _detail(request: HttpRequest, thing: dict[str, Any], form: forms.Form | None = None) -> HttpResponse:
    is_habit = thing["kind"] == "HABIT"
    key = [thing["customer_id"], thing["value"]] if is_habit else [thing["id"]]
    name = "habit" if is_habit else "payer"
    context = {
        "thing": thing,
        "sentence": learnt_sentence(thing),
        "is_habit": is_habit,
        "may_decide": _may_decide(request),
        "switch_href": reverse(f"{name}_switch", args=key),
        "forget_href": reverse(f"{name}_forget", args=key),
        "move_href": "" if is_habit else reverse("payer_move", args=key),
        "form": form or MoveForm(),
    }
    status = 422 if form is not None and form.errors else 200
    return render_page(request, "cash/learnt_detail.html", context=context, status=status)


def _done(request: HttpRequest, work: Callable[[], object], said: str, after: str) -> HttpResponse:
    try:
        work()
    except services.LearntNotFound:
        raise Http404 from None
    notify(request, said)
    return redirect(after)


def _switched(*, is_active: bool) -> str:
    return _("It is used again.") if is_active else _("It is no longer used. What was matched stays as it is.")


def _refusal(problem: str) -> str:
    return {
        "INVALID": _("This is no IBAN: a digit is wrong, or one is missing."),
        "EMPTY": _("Write a name."),
        "TAKEN": _("This is known of the customer already."),
    }[problem]
