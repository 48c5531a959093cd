"""The accounts that a bulk action speaks of: those behind the rows of a list, kept as they were when it was pressed."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from quittance.dunning import services
from quittance.dunning.services import FrozenSelection
from quittance.ledger import queries as ledger
from quittance.segments import queries as segments
from quittance.web.access import Desk, desk_of
from quittance.web.tables import QuerySetSource
from quittance.web.views.customer_table import CustomerSource
from quittance.web.views.customers import customer_table
from quittance.web.views.item_source import ItemSource
from quittance.web.views.item_table import ItemTable, wants_open
from quittance.web.views.runs import allowed_scope
from quittance.web.views.segment_tables import MemberTable
from quittance.web.views.ui import safe_next


def freeze(request: HttpRequest) -> int | None:
    """Keep the accounts behind the rows that were selected, or behind all that pass the filters; None for nobody.

    The rows are those of the customers' list, of the items' (`items` in the address), or of a segment. What the person
    then reviews is what is written to or changed, whatever passes the filters by then. Eight queries at most.
    """
    desk = desk_of(request)
    if desk.is_past:
        raise PermissionDenied
    back, account_ids = _read(request, desk)
    if not account_ids:
        return None
    user = cast(Any, request.user)
    return services.freeze_selection(account_ids=account_ids, back=safe_next(request, back), user_id=user.pk)


def back_of(request: HttpRequest) -> str:
    """Return the list that asked, for when nothing was selected."""
    segment = request.GET.get("segment", "")
    if segment.isascii() and segment.isdigit():
        return safe_next(request, reverse("segment_detail", args=[int(segment)]))
    return safe_next(request, reverse("item_list" if "items" in request.GET else "customer_list"))


def get_selection(request: HttpRequest, selection_id: int) -> FrozenSelection:
    """Return the selection of the person who is asking, or 404."""
    if desk_of(request).is_past:
        raise PermissionDenied
    user = cast(Any, request.user)
    found = services.find_selection(selection_id=selection_id, user_id=user.pk, scope=allowed_scope(request))
    if found is None:
        raise Http404
    return found


def _read(request: HttpRequest, desk: Desk) -> tuple[str, list[int]]:
    segment = request.GET.get("segment", "")
    if segment.isascii() and segment.isdigit():
        return back_of(request), _of_segment(request, desk, int(segment))
    if "items" in request.GET:
        return back_of(request), _of_items(request, desk)
    return back_of(request), _of_customers(request, desk)


def _of_customers(request: HttpRequest, desk: Desk) -> list[int]:
    table = customer_table(request, desk, query=QueryDict(request.POST.get("query", "")))
    if table.is_refused:  # without that filter it would be more than was seen
        return []
    source = cast(CustomerSource, table.source)
    return source.account_ids(keys=None if _is_all(request) else request.POST.getlist("selected"))


def _of_items(request: HttpRequest, desk: Desk) -> list[int]:
    query = QueryDict(request.POST.get("query", ""))
    account = query.get("account", "")
    rows = ledger.list_items(
        as_of=desk.today,
        scope=desk.scope,
        is_open=wants_open(query),
        account_id=int(account) if account.isascii() and account.isdigit() else None,
    )
    table = ItemTable(request, desk, rows, query=query)
    if table.is_refused:
        return []
    found: Any = cast(ItemSource, table.source).found.queryset.order_by()
    return _accounts(request, found, "id")


def _of_segment(request: HttpRequest, desk: Desk, segment_id: int) -> list[int]:
    if segments.find_segment(segment_id=segment_id) is None:
        raise Http404
    members = segments.list_members(segment_id=segment_id, as_of=desk.today, scope=desk.scope)
    table = MemberTable(request, members, query=QueryDict(request.POST.get("query", "")))
    if table.is_refused:
        return []
    return _accounts(request, cast(QuerySetSource, table.source).queryset.order_by(), "account_id")


def _accounts(request: HttpRequest, found: Any, key: str) -> list[int]:
    """Return the accounts of rows: of all, or of those whose `key` was selected. One query."""
    if not _is_all(request):
        chosen = [int(text) for text in request.POST.getlist("selected") if text.isascii() and text.isdigit()]
        found = found.filter(**{f"{key}__in": [one for one in chosen if one < 2**63]})
    return sorted(set(found.values_list("account_id", flat=True)))


def _is_all(request: HttpRequest) -> bool:
    return request.POST.get("all") == "1"
