"""Addresses of the settings and of the audit trail."""

from __future__ import annotations

from django.urls import include, path

from quittance.web.views import (
    audit,
    settings,
    settings_api,
    settings_cash,
    settings_differences,
    settings_interest,
    settings_limitation,
    settings_people,
    settings_reasons,
    settings_sender,
    settings_today,
    settings_writeback,
)

urlpatterns = [
    path("", settings.settings, name="settings"),
    path("companies/", settings.company_list, name="settings_companies"),
    path("companies/<int:company_id>/", settings.company_edit, name="settings_company"),
    path("companies/<int:company_id>/departments/", settings.department_add, name="settings_department_add"),
    path(
        "companies/<int:company_id>/bank-accounts/<int:bank_account_id>/",
        settings.bank_account_show,
        name="settings_bank_account",
    ),
    path("people/", settings_people.person_list, name="settings_people"),
    path("people/new/", settings_people.person_new, name="settings_person_new"),
    path("people/<int:user_id>/", settings_people.person_edit, name="settings_person"),
    path("people/<int:user_id>/absences/", settings_people.absence_add, name="settings_absence_add"),
    path(
        "people/<int:user_id>/absences/<int:absence_id>/cancel/",
        settings_people.absence_cancel,
        name="settings_absence_cancel",
    ),
    path("sending/", settings_sender.senders, name="settings_senders"),
    path("sending/<int:company_id>/", settings_sender.sender_edit, name="settings_sender"),
    path("terms/", settings.terms_list, name="settings_terms"),
    path("policies/", include("quittance.web.policy_urls")),
    path("texts/", include("quittance.web.text_urls")),
    path("delay-reasons/", settings_reasons.reason_list, name="settings_delay_reasons"),
    path("delay-reasons/<slug:reason_code>/", settings_reasons.reason_edit, name="settings_delay_reason"),
    path("delay-reasons/<slug:reason_code>/use/", settings_reasons.reason_use, name="settings_delay_reason_use"),
    path("teams/", settings_today.team_list, name="settings_teams"),
    path("teams/<int:team_id>/", settings_today.team_edit, name="settings_team"),
    path("today/", settings_today.weigh, name="settings_today"),
    path("today/preview/", settings_today.weigh_preview, name="settings_today_preview"),
    path("today/reset/", settings_today.weigh_reset, name="settings_today_reset"),
    path("rates/", settings.rate_list, name="settings_rates"),
    path("late-rates/", settings_interest.late_rates, name="settings_late_rates"),
    path("write-off-limits/", settings_cash.write_off_limits, name="settings_write_off_limits"),
    path("api-tokens/", settings_api.token_list, name="settings_api_tokens"),
    path("api-tokens/<int:token_id>/revoke/", settings_api.token_revoke, name="settings_api_token_revoke"),
    path("differences/", settings_differences.difference_rules, name="settings_difference_rules"),
    path("erp-accounts/", settings_writeback.erp_accounts, name="settings_erp_accounts"),
    path("limitation/", settings_limitation.limitation_rules, name="settings_limitation"),
    path("late-rates/companies/<int:company_id>/", settings_interest.notices, name="settings_interest_notices"),
    path("audit/", audit.audit, name="audit"),
    path("audit/verify/", audit.audit_verify, name="audit_verify"),
]
