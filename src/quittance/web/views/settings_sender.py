"""Settings: how a company's messages name it, where answers come back to, and what media cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quittance.delivery import queries, services
from quittance.foundation.permissions import Permission
from quittance.parties import company_settings
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.settings import may_edit
from quittance.web.views.work_forms import DayField

UNITS = (
    ("SMS_SEGMENT", gettext_lazy("One part of an SMS")),
    ("LETTER", gettext_lazy("A letter")),
    ("REGISTERED_LETTER", gettext_lazy("A registered letter")),
)


class SenderForm(forms.Form):
    """How the messages of one company name it."""

    reply_address = forms.EmailField(
        label=gettext_lazy("Answers go to"), required=False, max_length=150,
        help_text=gettext_lazy("A mailbox that Quittance reads. Empty: they go to the collector."),
    )  # fmt: skip
    has_plus_address = forms.BooleanField(
        label=gettext_lazy("An address of its own for each account"), required=False,
        help_text=gettext_lazy(
            "credit+a12-…@ finds its account even when the answer quotes nothing. The mail server must take such"
            " addresses."
        ),
    )  # fmt: skip
    bounce_address = forms.EmailField(
        label=gettext_lazy("What cannot be delivered comes back to"), required=False, max_length=150,
        help_text=gettext_lazy(
            "A mailbox that Quittance reads and that takes addresses with a plus. Empty: it comes back to the sender's"
            " address."
        ),
    )  # fmt: skip
    sms_sender = forms.CharField(
        label=gettext_lazy("An SMS comes from"), required=False, max_length=16,
        help_text=gettext_lazy("A name of at most 11 letters and digits, or a number that begins with +."),
    )  # fmt: skip

    copies = forms.ChoiceField(
        label=gettext_lazy("Copies of invoices go with reminders, by e-mail or behind a letter"),
        choices=services.copies_choices,
        required=False,
        help_text=gettext_lazy(
            "They are taken from the files kept with the item or the customer, when a PDF bears the number of the"
            " document and nothing more. What is missing is named in the review."
        ),
    )  # fmt: skip


class PriceForm(forms.Form):
    """What one unit costs from a day on."""

    unit = forms.ChoiceField(label=gettext_lazy("For"), choices=UNITS)
    from_date = DayField(label=gettext_lazy("From"))
    price = forms.DecimalField(
        label=gettext_lazy("Price"), min_value=Decimal(0), max_digits=10, decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    currency = forms.RegexField(label=gettext_lazy("Currency"), regex=r"^[A-Za-z]{3}$", initial="EUR")

    def clean_currency(self) -> str:
        """Write the code in capitals."""
        return str(self.cleaned_data["currency"]).upper()


@requires(Permission.SEE_SETTINGS)
def senders(request: HttpRequest) -> HttpResponse:
    """Show how messages name their companies, the mailboxes that are read, and the prices; who may, adds one."""
    is_sent = request.method == "POST"
    if is_sent and not may_edit(request):
        raise PermissionDenied
    form = PriceForm(request.POST if is_sent else None, initial={"from_date": desk_of(request).today})
    if is_sent and form.is_valid():
        try:
            services.set_price(actor=actor_of(request), **form.cleaned_data)
        except services.SenderRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The price is kept."))
            return redirect("settings_senders")
    companies = company_settings.list_company_settings(today=desk_of(request).today, scope=allowed_scope(request))
    units = dict(UNITS)
    context: dict[str, Any] = {
        "rows": [{"company": one, "identity": services.get_identity(company_id=one.id)} for one in companies],
        "prices": [{**row, "unit": units[row["unit"]]} for row in services.list_prices()],
        "mailboxes": queries.list_mailboxes(),
        "has_mailboxes": bool(django_settings.QUITTANCE_IMAP),
        "sms_channel": services.sms_channel(),
        "sms_report_url": services.report_url(channel=services.sms_channel()) if may_edit(request) else "",
        "asks_itself": services.sms_channel() == "sms-twilio",
        "has_public_url": bool(django_settings.QUITTANCE_PUBLIC_URL),
        "form": form,
        "may_edit": may_edit(request),
    }
    return render_page(request, "settings/sender_list.html", context=context, status=422 if is_sent else 200)


@requires(Permission.EDIT_SETTINGS)
def sender_edit(request: HttpRequest, company_id: int) -> HttpResponse:
    """Change how the messages of a company name it."""
    try:
        company = company_settings.get_company_settings(
            company_id=company_id, today=desk_of(request).today, scope=allowed_scope(request)
        )
    except company_settings.CompanyNotFound:
        raise Http404 from None
    identity = services.get_identity(company_id=company_id)
    initial = {name: getattr(identity, name) for name in SenderForm.base_fields}
    is_sent = request.method == "POST"
    form = SenderForm(request.POST if is_sent else None, initial=initial)
    if is_sent and form.is_valid():
        try:
            values = {**form.cleaned_data, "copies": form.cleaned_data["copies"] or identity.copies}
            services.set_identity(company_id=company_id, actor=actor_of(request), **values)
        except services.SenderRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("%(company)s was changed.") % {"company": company.name})
            return redirect("settings_senders")
    context = {"company": company, "form": form}
    return render_page(request, "settings/sender_edit.html", context=context, status=422 if is_sent else 200)
