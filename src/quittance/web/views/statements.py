"""The statement of an account on any day: looked at, kept as PDF, sent by post."""

from __future__ import annotations

from datetime import date

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.letters.documents import Letter
from quittance.letters.queries import list_letters_of_account
from quittance.letters.rendering import render_letter, render_picture
from quittance.letters.sending import NoPostalAddress, letter_channel, post_statement
from quittance.letters.statements import statement_of
from quittance.letters.typesetting import LetterNotWritten
from quittance.parties.staff import LANGUAGE_CHOICES
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views import lookups
from quittance.web.views.letter_tables import BATCH_STATES, batch_tone
from quittance.web.views.letters import PDF_TYPE, download
from quittance.web.views.work_forms import DayField

PRINT_BATCH = "print-batch"


class StatementForm(forms.Form):
    """Which day, and in which language."""

    day = DayField(label=gettext_lazy("Day"))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGE_CHOICES)

    def __init__(self, *arguments: object, today: date, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.today = today

    def clean_day(self) -> date:
        """Refuse a day that has not come."""
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise forms.ValidationError(_("Choose today or a day before it."))
        return day


def _read(request: HttpRequest, account_id: int) -> tuple[StatementForm, Letter]:
    """Return what was asked for and the statement of that day; of the desk's own day while the form is wrong."""
    lookups.get_account_or_404(request, account_id)
    desk = desk_of(request)
    usual = statement_of(account_id=account_id, as_of=desk.as_of)
    values = request.POST if request.method == "POST" else request.GET
    initial = {"day": desk.as_of.isoformat(), "language": usual.language}
    form = StatementForm({**initial, **{name: values[name] for name in initial if values.get(name)}}, today=desk.today)
    if not form.is_valid():
        return form, usual
    asked = form.cleaned_data
    return form, statement_of(account_id=account_id, as_of=asked["day"], language=asked["language"])


@requires(Permission.SEE_CUSTOMERS)
def account_statement(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show the statement of an account as it would be printed, and the letters that the account got."""
    form, letter = _read(request, account_id)
    account = lookups.get_account_or_404(request, account_id)
    query = urlencode({"day": letter.letter_date.isoformat(), "language": letter.language})
    context = {
        "account": account,
        "form": form,
        "letter": letter,
        "totals": [(currency, total) for currency, _lines, total in letter.by_currency()],
        "query": query,
        "may_post": Permission.COLLECT in permissions_of_request(request),
        "goes_to_batch": letter_channel() == PRINT_BATCH,
        "letters": [
            {**one, "state": BATCH_STATES[one["batch_state"]], "tone": batch_tone(one["batch_state"])}
            for one in list_letters_of_account(account_id=account_id)
        ],
        "can_see_letters": Permission.SEE_RUNS in permissions_of_request(request),
    }
    return render_page(request, "letters/account_statement.html", "", context, status=200 if form.is_valid() else 422)


@requires(Permission.SEE_CUSTOMERS)
def statement_pdf(request: HttpRequest, account_id: int) -> HttpResponse:
    """Send the statement as PDF."""
    form, letter = _read(request, account_id)
    if not form.is_valid():
        raise Http404
    try:
        pdf = render_letter(letter)
    except LetterNotWritten:
        notify(request, _("The statement could not be written. Try again; if it happens again, tell us."), tone="late")
        return redirect("account_statement", account_id)
    name = f"{letter.head.account_number}-{letter.letter_date.isoformat()}.pdf"
    return download(pdf, name, PDF_TYPE)


@requires(Permission.SEE_CUSTOMERS)
def statement_picture(request: HttpRequest, account_id: int) -> HttpResponse:
    """Send a picture of the statement's first page, for the preview."""
    form, letter = _read(request, account_id)
    if not form.is_valid():
        raise Http404
    try:
        picture = render_picture(letter)
    except LetterNotWritten as error:
        raise Http404 from error
    return download(picture, "statement.png", "image/png", is_shown=True)


@requires(Permission.COLLECT)
@require_POST
def statement_post(request: HttpRequest, account_id: int) -> HttpResponse:
    """Send the statement by post."""
    form, letter = _read(request, account_id)
    if not form.is_valid():
        notify(request, _("Nothing was sent: choose today or a day before it."), tone="late")
        return redirect("account_statement", account_id)
    try:
        post_statement(
            account_id=account_id, as_of=letter.letter_date, language=letter.language, actor=actor_of(request)
        )
    except NoPostalAddress:
        notify(request, _("The customer has no complete postal address: nothing was sent."), tone="late")
    else:
        is_batch = letter_channel() == PRINT_BATCH
        said = _("The statement goes into the print batch.") if is_batch else _("The statement goes to the printer.")
        notify(request, said)
    return redirect("account_statement", account_id)
