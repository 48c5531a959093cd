"""Addresses of customers, items, cases and search."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import (
    attachments,
    consents,
    customers,
    disputes,
    editing,
    holds,
    item_copies,
    items,
    notes,
    promises,
    search,
    virtual_ibans,
)

urlpatterns = [
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/<int:customer_id>/", customers.customer_detail, name="customer_detail"),
    path("customers/<int:customer_id>/timeline/", customers.customer_timeline, name="customer_timeline"),
    path("customers/<int:customer_id>/notes/", notes.note_create, name="note_create"),
    path("customers/<int:customer_id>/notes/restore/<str:token>/", notes.note_restore, name="note_restore"),
    path("customers/<int:customer_id>/files/", attachments.attachment_create, name="attachment_create"),
    path("customers/<int:customer_id>/edit/", editing.customer_edit, name="customer_edit"),
    path("customers/<int:customer_id>/contacts/", editing.contact_new, name="contact_new"),
    path("customers/<int:customer_id>/paid-to/", virtual_ibans.virtual_iban_list, name="virtual_iban_list"),
    path("accounts/<int:account_id>/edit/", editing.account_edit, name="account_edit"),
    path("accounts/<int:account_id>/agreement/", editing.account_agreement, name="account_agreement"),
    path("contacts/<int:contact_id>/consent/", consents.contact_consent, name="contact_consent"),
    path(
        "contacts/<int:contact_id>/consent/<int:account_id>/courtesy/",
        consents.contact_courtesy,
        name="contact_courtesy",
    ),
    path("contacts/<int:contact_id>/", editing.contact_edit, name="contact_edit"),
    path("contacts/<int:contact_id>/retire/", editing.contact_retire, name="contact_retire"),
    path("contacts/<int:contact_id>/restore/", editing.contact_restore, name="contact_restore"),
    path("notes/<int:note_id>/pin/", notes.note_pin, name="note_pin"),
    path("notes/<int:note_id>/delete/", notes.note_delete, name="note_delete"),
    path("files/<int:attachment_id>/", attachments.attachment_download, name="attachment_download"),
    path("files/<int:attachment_id>/delete/", attachments.attachment_delete, name="attachment_delete"),
    path("items/", items.item_list, name="item_list"),
    path("items/<int:item_id>/", items.item_detail, name="item_detail"),
    path("items/<int:item_id>/copy/", item_copies.item_copy, name="item_copy"),
    path("items/<int:item_id>/hold/", holds.item_block, name="item_block"),
    path("items/<int:item_id>/announced/", holds.item_announce, name="item_announce"),
    path("items/why-late/", items.item_delay_reason, name="item_delay_reason"),
    path("items/dispute/", disputes.item_dispute, name="item_dispute"),
    path("items/promise/", promises.item_promise, name="item_promise"),
    path(
        "items/<int:item_id>/allocations/<int:allocation_id>/undo/", items.allocation_reverse, name="allocation_reverse"
    ),
    path("cases/", disputes.case_list, name="case_list"),
    path("cases/<int:dispute_id>/", disputes.case_detail, name="case_detail"),
    path("cases/<int:dispute_id>/close/", disputes.case_close, name="case_close"),
    path("cases/<int:dispute_id>/assign/", disputes.case_assign, name="case_assign"),
    path("promises/<int:promise_id>/withdraw/", promises.promise_withdraw, name="promise_withdraw"),
    path("search/", search.search, name="search"),
]
