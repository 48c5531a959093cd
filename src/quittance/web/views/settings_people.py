"""Our people in the settings: who may do what, for which companies, and who stands in for whom."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.parties import staff
from quittance.parties.people import list_people
from quittance.parties.queries import list_companies
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.settings import may_edit
from quittance.web.views.settings_forms import AbsenceForm, PersonForm

ROLE_WORDS = dict(staff.STAFF_ROLES)


@requires(Permission.SEE_SETTINGS)
def person_list(request: HttpRequest) -> HttpResponse:
    """List our people."""
    people = staff.list_staff(today=desk_of(request).today, scope=allowed_scope(request))
    rows = [{"person": row, "roles": [ROLE_WORDS.get(role, role) for role in row.roles]} for row in people]
    return render_page(request, "settings/person_list.html", context={"rows": rows, "may_edit": may_edit(request)})


@requires(Permission.EDIT_SETTINGS)
def person_new(request: HttpRequest) -> HttpResponse:
    """Create a person."""
    is_sent = request.method == "POST"
    form = _form(request)
    if is_sent and form.is_valid():
        values = _values(request, form, None)
        try:
            staff.create_person(
                email=form.cleaned_data["email"],
                password=form.cleaned_data["password"],
                actor=actor_of(request),
                **values,
            )
        except staff.StaffError as error:
            _tell(form, error)
        else:
            notify(request, _("%(name)s can sign in now.") % {"name": values["name"]})
            return redirect("settings_people")
    return render_page(request, "settings/person_edit.html", context={"form": form}, status=422 if is_sent else 200)


@requires(Permission.EDIT_SETTINGS)
def person_edit(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change a person."""
    person = _person(request, user_id)
    is_sent = request.method == "POST"
    form = _form(request, person)
    if is_sent and form.is_valid():
        try:
            staff.change_person(
                user_id=user_id,
                is_active=form.cleaned_data["is_active"],
                actor=actor_of(request),
                **_values(request, form, person),
            )
        except staff.StaffError as error:
            _tell(form, error)
        else:
            notify(request, _("%(name)s was changed.") % {"name": form.cleaned_data["name"]})
            return redirect("settings_people")
    return _edit_page(request, person, form, status=422 if is_sent else 200)


@requires(Permission.EDIT_SETTINGS)
@require_POST
def absence_add(request: HttpRequest, user_id: int) -> HttpResponse:
    """Plan an absence of a person."""
    person = _person(request, user_id)
    form = _absence_form(request, user_id)
    if form.is_valid():
        values = form.cleaned_data
        try:
            staff.plan_absence(
                user_id=user_id,
                deputy_id=values["deputy"],
                from_date=values["from_date"],
                until_date=values["until_date"],
                actor=actor_of(request),
            )
        except staff.StaffError as error:
            _tell(form, error)
        else:
            notify(request, _("The absence is noted; the deputy sees the work of those days."))
            return redirect("settings_person", user_id)
    return _edit_page(request, person, _form(request, person, is_fresh=True), absence_form=form, status=422)


@requires(Permission.EDIT_SETTINGS)
@require_POST
def absence_cancel(request: HttpRequest, user_id: int, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    _person(request, user_id)
    try:
        staff.cancel_absence(absence_id=absence_id, user_id=user_id, actor=actor_of(request))
    except staff.PersonNotFound:
        raise Http404 from None
    notify(request, _("The absence was taken back."))
    return redirect("settings_person", user_id)


def _edit_page(
    request: HttpRequest,
    person: staff.PersonRow,
    form: PersonForm,
    *,
    absence_form: AbsenceForm | None = None,
    status: int,
) -> HttpResponse:
    context = {
        "person": person,
        "form": form,
        "absences": staff.list_absences(user_id=person.id),
        "absence_form": absence_form or _absence_form(request, person.id, is_fresh=True),
    }
    return render_page(request, "settings/person_edit.html", context=context, status=status)


def _person(request: HttpRequest, user_id: int) -> staff.PersonRow:
    """Return a person whom this administrator may change: of no other companies than the administrator's own."""
    scope = allowed_scope(request)
    try:
        person = staff.get_person(user_id=user_id, today=desk_of(request).today, scope=scope)
    except staff.PersonNotFound:
        raise Http404 from None
    if scope.company_ids is not None and (person.sees_all_companies or set(person.company_ids) - scope.company_ids):
        raise PermissionDenied
    return person


def _form(request: HttpRequest, person: staff.PersonRow | None = None, *, is_fresh: bool = False) -> PersonForm:
    company_ids = allowed_scope(request).company_ids
    companies = [(str(row.id), row.name) for row in list_companies(company_ids=company_ids)]
    data = request.POST if request.method == "POST" and not is_fresh else None
    return PersonForm(data, companies=companies, may_give_all=company_ids is None, person=person)


def _values(request: HttpRequest, form: PersonForm, person: staff.PersonRow | None) -> dict[str, Any]:
    values = form.cleaned_data
    return {
        "name": values["name"],
        "roles": values["roles"],
        "company_ids": values["companies"],
        "sees_all_companies": values.get("sees_all_companies", False),
        "language": values["language"],
    }


def _absence_form(request: HttpRequest, user_id: int, *, is_fresh: bool = False) -> AbsenceForm:
    people = [(pk, name) for pk, name in list_people(scope=allowed_scope(request)) if pk != user_id]
    data = request.POST if request.method == "POST" and not is_fresh else None
    return AbsenceForm(data, people=people)


def _tell(form: PersonForm | AbsenceForm, error: staff.StaffError) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))
