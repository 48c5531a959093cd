"""Addresses of letters: print batches, their letters, and statements of account."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import letters, statements

urlpatterns = [
    path("reminders/letters/", letters.print_batch_list, name="print_batch_list"),
    path("reminders/letters/<int:print_batch_id>/", letters.print_batch_detail, name="print_batch_detail"),
    path("reminders/letters/<int:print_batch_id>/step/", letters.print_batch_step, name="print_batch_step"),
    path("reminders/letters/<int:print_batch_id>/pdf/", letters.print_batch_pdf, name="print_batch_pdf"),
    path("reminders/letters/<int:print_batch_id>/manifest/", letters.print_batch_manifest, name="print_batch_manifest"),
    path("reminders/decisions/<int:decision_id>/letter/", letters.decision_letter, name="decision_letter"),
    path("reminders/notices/<int:notice_id>/letter/", letters.notice_letter, name="notice_letter"),
    path("letters/<int:letter_id>/", letters.letter_detail, name="letter_detail"),
    path("letters/<int:letter_id>/pdf/", letters.letter_pdf, name="letter_pdf"),
    path("letters/<int:letter_id>/track/", letters.letter_track, name="letter_track"),
    path("letters/<int:letter_id>/take-out/", letters.letter_take_out, name="letter_take_out"),
    path("letters/<int:letter_id>/put-back/", letters.letter_put_back, name="letter_put_back"),
    path("accounts/<int:account_id>/statement/", statements.account_statement, name="account_statement"),
    path("accounts/<int:account_id>/statement/pdf/", statements.statement_pdf, name="statement_pdf"),
    path("accounts/<int:account_id>/statement/picture/", statements.statement_picture, name="statement_picture"),
    path("accounts/<int:account_id>/statement/post/", statements.statement_post, name="statement_post"),
]
