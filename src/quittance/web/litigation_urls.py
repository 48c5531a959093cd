"""Addresses of hand-overs, dossiers and the clock of limitation."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import limitation, litigation

urlpatterns = [
    path("items/hand-over/", litigation.item_handover, name="item_handover"),
    path("hand-overs/", litigation.handover_list, name="handover_list"),
    path("hand-overs/<int:handover_id>/", litigation.handover_detail, name="handover_detail"),
    path("hand-overs/<int:handover_id>/give/", litigation.handover_give, name="handover_give"),
    path("hand-overs/<int:handover_id>/end/", litigation.handover_end, name="handover_end"),
    path("hand-overs/<int:handover_id>/cancel/", litigation.handover_cancel, name="handover_cancel"),
    path("hand-overs/<int:handover_id>/dossier/", litigation.dossier_request, name="dossier_request"),
    path("hand-overs/<int:handover_id>/dossiers/", litigation.dossier_progress, name="dossier_progress"),
    path("dossiers/<int:dossier_id>/", litigation.dossier_download, name="dossier_download"),
    path("limitation/", limitation.limitation_list, name="limitation_list"),
    path("items/<int:item_id>/limitation/", limitation.limitation_record, name="limitation_record"),
    path("items/<int:item_id>/limitation/<int:event_id>/end/", limitation.limitation_end, name="limitation_end"),
    path(
        "items/<int:item_id>/limitation/<int:event_id>/withdraw/",
        limitation.limitation_withdraw,
        name="limitation_withdraw",
    ),
]
