"""What was agreed about the payments of an account, in words."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from quittance.parties.queries import AccountRow
from quittance.web.formats import percent_text


def agreed_words(account: AccountRow) -> list[str]:
    """Return what was agreed about the payments of an account, each in some words; nothing where nothing was."""
    words = []
    if account.discount_per_mille:
        share = percent_text(Decimal(account.discount_per_mille) / 10)
        words.append(_("%(share)s discount within %(days)s days") % {"share": share, "days": account.discount_days})
    if account.is_oldest_first:
        words.append(_("oldest first"))
    if account.nets_credit_notes:
        words.append(_("credit notes deducted"))
    if account.matching_threshold is not None:
        if account.matching_threshold < 1000:
            share = percent_text(Decimal(account.matching_threshold) / 10)
            words.append(_("matched by itself from %(share)s") % {"share": share})
        else:
            words.append(_("never matched by itself"))
    return words
