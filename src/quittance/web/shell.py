"""The frame around every page: rail, company and department, day, person, look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quittance.cash import queries as cash
from quittance.delivery import queries as delivery
from quittance.foundation.expressions import count_each
from quittance.foundation.permissions import Permission
from quittance.parties import queries as parties
from quittance.web.access import Desk, companies_of, desk_of, permissions_of_request
from quittance.web.workers import own_tasks

LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME
THEMES = (("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark")))
DENSITIES = (("comfortable", _("Comfortable")), ("compact", _("Compact")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry of the rail: shown when its address exists and the person may see it."""

    key: str
    label: str | Promise
    url_name: str
    permission: Permission
    # Other addresses that belong here begin with this path; the entry's own path when empty.
    path: str = ""


PLACES: Sequence[Place] = (
    Place(key="today", label=_("Today"), url_name="today", permission=Permission.SEE_TODAY),
    Place(key="customers", label=_("Customers"), url_name="customer_list", permission=Permission.SEE_CUSTOMERS),
    Place(key="items", label=_("Items"), url_name="item_list", permission=Permission.SEE_ITEMS),
    Place(key="reminders", label=_("Reminders"), url_name="run_list", permission=Permission.SEE_RUNS),
    Place(key="cash", label=_("Cash"), url_name="cash_desk", permission=Permission.SEE_CASH),
    Place(key="cases", label=_("Cases"), url_name="case_list", permission=Permission.SEE_CUSTOMERS),
    Place(key="messages", label=_("Messages"), url_name="message_list", permission=Permission.SEE_RUNS),
    Place(key="insight", label=_("Insight"), url_name="insight", permission=Permission.SEE_INSIGHT),
    Place(key="imports", label=_("Imports"), url_name="import_list", permission=Permission.SEE_IMPORTS),
    Place(key="mailbox", label=_("Mailbox"), url_name="mailbox", permission=Permission.SEE_MAILBOX),
    Place(key="settings", label=_("Settings"), url_name="settings", permission=Permission.SEE_SETTINGS),
)


# What waits for someone with this permission, by place; all are counted in one query.
RAIL_COUNT_MAX = 999
WAITING: Mapping[str, tuple[Permission, Callable[[HttpRequest, Desk], QuerySet[Any]]]] = {
    "today": (Permission.SEE_TODAY, lambda request, desk: own_tasks(request, desk)),
    "messages": (Permission.COLLECT, lambda request, desk: delivery.unread(scope=desk.scope)),
    "cash": (Permission.MATCH_CASH, lambda request, desk: cash.waiting(scope=desk.scope)),
}


def find_url(name: str) -> str:
    """Return the address of a name, '' when the site has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


class Shell:
    """What the frame shows for one request; each part is read only when a template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        user = getattr(request, "user", None)
        self.user: Any = user if user is not None and user.is_authenticated else None

    @property
    def is_staff_desk(self) -> bool:
        """Say whether one of our people is signed in (not a customer, not a stranger)."""
        return self.user is not None and not self.user.portal_customer_id

    @cached_property
    def desk(self) -> Desk | None:
        """Return what the person looks at."""
        return desk_of(self.request) if self.is_staff_desk else None

    @cached_property
    def places(self) -> list[dict[str, Any]]:
        """Return the entries of the rail."""
        allowed = permissions_of_request(self.request)
        found = []
        for place in PLACES:
            url = find_url(place.url_name)
            if url and place.permission in allowed:
                path = place.path or url
                current = self.request.path == url or (path != "/" and self.request.path.startswith(path))
                count = self.counts.get(place.key, 0)
                found.append(
                    {"key": place.key, "label": place.label, "url": url, "is_current": current, "count": count}
                )
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many things wait at the places one may see. One query, one more for whose tasks they are."""
        desk, allowed = self.desk, permissions_of_request(self.request)
        if desk is None:
            return {}
        found = {key: ask(self.request, desk) for key, (permission, ask) in WAITING.items() if permission in allowed}
        return dict(zip(found, count_each(*found.values(), count_max=RAIL_COUNT_MAX + 1), strict=True))

    @cached_property
    def companies(self) -> list[parties.CompanyRow]:
        """Return the companies one may choose. One query, three when rights are by company."""
        if self.user is None:
            return []
        # Without a choice the desk is narrowed by the person's rights alone.
        if self.desk is not None and self.desk.company_id is None:
            return companies_of(self.request)
        if self.user.sees_all_companies or self.user.is_superuser:
            return parties.list_companies()
        return parties.list_companies(company_ids=parties.company_ids_of_user(user_id=self.user.pk))

    @cached_property
    def departments(self) -> list[parties.DepartmentRow]:
        """Return the departments of the chosen company. One query."""
        if self.desk is None or self.desk.company_id is None:
            return []
        return parties.list_departments(company_ids=frozenset({self.desk.company_id}))

    @property
    def theme(self) -> str:
        """Return 'light', 'dark' or 'auto'."""
        return self._choice("theme", ("light", "dark"), "auto")

    @property
    def density(self) -> str:
        """Return 'comfortable' or 'compact'."""
        return self._choice("density", ("compact",), "comfortable")

    def _choice(self, name: str, known: Sequence[str], default: str) -> str:
        found = getattr(self.user, name, "") or self.request.COOKIES.get(f"quittance_{name}", "")
        return found if found in known else default

    @property
    def is_rail_narrow(self) -> bool:
        """Say whether the rail shows icons only."""
        return self.request.COOKIES.get("quittance_rail") == "narrow"

    @property
    def language(self) -> str:
        """Return the code of the language of the page."""
        return (translation.get_language() or "en").split("-")[0]

    @property
    def languages(self) -> list[tuple[str, str]]:
        """Return the languages, each by its own name."""
        return [
            (code, translation.get_language_info(code)["name_local"].capitalize()) for code, _name in settings.LANGUAGES
        ]

    @property
    def themes(self) -> Sequence[tuple[str, Any]]:
        """Return the themes with their names."""
        return THEMES

    @property
    def densities(self) -> Sequence[tuple[str, Any]]:
        """Return the densities with their names."""
        return DENSITIES

    @property
    def search_url(self) -> str:
        """Return the address of the global search, '' when there is none."""
        return find_url("search")

    @property
    def commands(self) -> list[dict[str, str]]:
        """Return the commands of the palette: every place, the theme, the density, signing out."""
        found = [{"label": str(place["label"]), "href": place["url"], "kind": str(_("Go to"))} for place in self.places]
        look = str(_("Look"))
        found += [{"label": str(label), "set": f"theme={value}", "kind": look} for value, label in THEMES]
        found += [{"label": str(label), "set": f"density={value}", "kind": look} for value, label in DENSITIES]
        if out := find_url("account_logout"):
            found.append({"label": str(_("Sign out")), "href": out, "kind": str(_("Go to"))})
        return found

    @property
    def events_url(self) -> str:
        """Return the address of live news, '' for strangers (the server answers it outside Django)."""
        return "/events" if self.user is not None else ""

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what of the address stays when company, department or day are changed."""
        return [
            (name, value)
            for name, values in self.request.GET.lists()
            for value in values
            if not name.startswith("desk_") and not name.endswith("cursor")
        ]
