"""Our own people as the settings show and change them: roles, companies, absences. Customers' people are not here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from quittance.foundation import events
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.parties.models import LANGUAGES, Absence, Company, Role, User

STAFF_ROLES = tuple(role for role in Role.choices if role[0] != Role.PORTAL)
LANGUAGE_CHOICES = tuple(LANGUAGES)


class StaffError(ValueError):
    """The change cannot be made; `field` names what is wrong, the message says why."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class PersonNotFound(LookupError):
    """None of our people has this id, or not one whom this reader may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One of our people; `company_ids` is empty when all companies are seen."""

    id: int
    name: str
    email: str
    roles: tuple[str, ...]
    sees_all_companies: bool
    company_ids: tuple[int, ...]
    company_names: tuple[str, ...]
    language: str
    is_active: bool
    away_until: date | None
    deputy_name: str


def list_staff(*, today: date, scope: Scope = EVERYTHING) -> list[PersonRow]:
    """Return our people by name, those who see a company of the scope; with who stands in today. Three queries."""
    found = User.objects.filter(portal_customer__isnull=True).exclude(roles=["PORTAL"])
    people = list(found.prefetch_related("companies").order_by("name", "id"))
    away = {
        absence.user_id: absence
        for absence in Absence.objects.filter(from_date__lte=today, until_date__gte=today).select_related("deputy")
    }
    return [_row(user, away.get(user.id)) for user in people if _is_shown(user, scope)]


def get_person(*, user_id: int, today: date, scope: Scope = EVERYTHING) -> PersonRow:
    """Return one of our people. :raises PersonNotFound:"""
    row = next((row for row in list_staff(today=today, scope=scope) if row.id == user_id), None)
    if row is None:
        raise PersonNotFound(f"none of our people has id {user_id}")
    return row


def list_absences(*, user_id: int) -> list[dict[str, Any]]:
    """Return the absences of a person, latest first. One query."""
    found = Absence.objects.filter(user_id=user_id).order_by("-from_date", "-id")
    return [
        {"id": one.id, "from_date": one.from_date, "until_date": one.until_date, "deputy_name": one.deputy.name}
        for one in found.select_related("deputy")[:50]
    ]


def create_person(
    *,
    email: str,
    name: str,
    roles: Collection[str],
    company_ids: Collection[int],
    sees_all_companies: bool,
    language: str,
    password: str,
    actor: Actor,
) -> int:
    """Create one of our people, who signs in with the password given. :raises StaffError:"""
    _check(roles=roles, company_ids=company_ids, sees_all_companies=sees_all_companies, language=language)
    address = User.objects.normalize_email(email).strip()
    if User.objects.filter(email__iexact=address).exists():
        raise StaffError(_("Somebody has this e-mail address already."), field="email")
    try:
        validate_password(password, User(email=address, name=name))
    except ValidationError as error:
        raise StaffError(" ".join(error.messages), field="password") from error
    with transaction.atomic():
        user = User.objects.create_user(
            address, password, name=name, roles=sorted(roles), language=language, sees_all_companies=sees_all_companies
        )
        user.companies.set([] if sees_all_companies else Company.objects.filter(id__in=company_ids))
        _record("person.created", user, actor, {"email": address, "roles": sorted(roles)})
    return user.id


def change_person(
    *,
    user_id: int,
    name: str,
    roles: Collection[str],
    company_ids: Collection[int],
    sees_all_companies: bool,
    language: str,
    is_active: bool,
    actor: Actor,
) -> None:
    """Change what a person is called and may do; a person who is not active cannot sign in.

    Nobody takes the administration from themselves, so that somebody always has it.

    :raises PersonNotFound: :raises StaffError:
    """
    _check(roles=roles, company_ids=company_ids, sees_all_companies=sees_all_companies, language=language)
    if user_id == actor.user_id and (not is_active or Role.ADMINISTRATOR not in roles):
        raise StaffError(_("You cannot take the administration from yourself; let another administrator do it."))
    with transaction.atomic():
        user = _lock(user_id)
        before = _facts(user)
        user.name, user.roles, user.language = name, sorted(roles), language
        user.is_active, user.sees_all_companies = is_active, sees_all_companies
        user.save(update_fields=["name", "roles", "language", "is_active", "sees_all_companies"])
        user.companies.set([] if sees_all_companies else Company.objects.filter(id__in=company_ids))
        after = _facts(user)
        changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changed:
            _record("person.changed", user, actor, changed)


def plan_absence(*, user_id: int, deputy_id: int, from_date: date, until_date: date, actor: Actor) -> int:
    """Say on which days a person is away and who stands in. :raises PersonNotFound: :raises StaffError:"""
    if until_date < from_date:
        raise StaffError(_("The absence ends before it begins."), field="until_date")
    if deputy_id == user_id:
        raise StaffError(_("Nobody stands in for themselves."), field="deputy")
    with transaction.atomic():
        user = _lock(user_id)
        deputy = User.objects.filter(id=deputy_id, is_active=True, portal_customer__isnull=True).first()
        if deputy is None:
            raise StaffError(_("The deputy is not one of our active people."), field="deputy")
        overlap = Absence.objects.filter(user=user, from_date__lte=until_date, until_date__gte=from_date)
        if overlap.exists():
            raise StaffError(_("The person is away on some of these days already."), field="from_date")
        absence = Absence.objects.create(user=user, deputy=deputy, from_date=from_date, until_date=until_date)
        days = {"from": from_date.isoformat(), "until": until_date.isoformat(), "deputy": deputy.name}
        _record("absence.planned", user, actor, days)
    return absence.id


def cancel_absence(*, absence_id: int, user_id: int, actor: Actor) -> None:
    """Take an absence of a person back. :raises PersonNotFound: there is none"""
    with transaction.atomic():
        absence = Absence.objects.select_for_update().filter(id=absence_id, user_id=user_id).first()
        if absence is None:
            raise PersonNotFound(f"person {user_id} has no absence {absence_id}")
        payload = {"from": absence.from_date.isoformat(), "until": absence.until_date.isoformat()}
        _record("absence.cancelled", absence.user, actor, payload)
        absence.delete()


def _check(*, roles: Iterable[str], company_ids: Collection[int], sees_all_companies: bool, language: str) -> None:
    known = {code for code, _label in STAFF_ROLES}
    if not set(roles) or not set(roles) <= known:
        raise StaffError(_("Choose one role at least."), field="roles")
    if not sees_all_companies and not company_ids:
        raise StaffError(_("Choose the companies that the person works for."), field="companies")
    if language not in dict(LANGUAGES):
        raise StaffError(_("This language is not one of ours."), field="language")


def _lock(user_id: int) -> User:
    user = User.objects.select_for_update().filter(id=user_id, portal_customer__isnull=True).first()
    if user is None:
        raise PersonNotFound(f"none of our people has id {user_id}")
    return user


def _facts(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "roles": list(user.roles),
        "language": user.language,
        "is_active": user.is_active,
        "companies": "all" if user.sees_all_companies else sorted(user.companies.values_list("code", flat=True)),
    }


def _record(kind: str, user: User, actor: Actor, payload: dict[str, Any]) -> None:
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            subject_kind="person",
            subject_id=str(user.id),
            payload={"name": user.name, **payload},
        )
    )


def _is_shown(user: User, scope: Scope) -> bool:
    if scope.company_ids is None or user.sees_all_companies or user.is_superuser:
        return True
    return any(company.id in scope.company_ids for company in user.companies.all())


def _row(user: User, absence: Absence | None) -> PersonRow:
    companies = sorted(user.companies.all(), key=lambda company: company.name)
    return PersonRow(
        id=user.id,
        name=user.name or user.email,
        email=user.email,
        roles=tuple(user.roles),
        sees_all_companies=user.sees_all_companies or user.is_superuser,
        company_ids=tuple(company.id for company in companies),
        company_names=tuple(company.name for company in companies),
        language=user.language,
        is_active=user.is_active,
        away_until=absence.until_date if absence else None,
        deputy_name=absence.deputy.name if absence else "",
    )
