"""Addresses of simulations and trials of policies."""

from __future__ import annotations

from django.urls import path

from quittance.web.views import simulation, simulation_trials

urlpatterns = [
    path("reminders/simulations/", simulation.simulation_list, name="simulation_list"),
    path("reminders/simulations/new/", simulation.simulation_new, name="simulation_new"),
    path("reminders/simulations/<int:simulation_id>/", simulation.simulation_detail, name="simulation_detail"),
    path(
        "reminders/simulations/<int:simulation_id>/progress/",
        simulation.simulation_progress,
        name="simulation_progress",
    ),
    path("reminders/simulations/<int:simulation_id>/stop/", simulation.simulation_stop, name="simulation_stop"),
    path("reminders/trials/", simulation_trials.trial_list, name="trial_list"),
    path("reminders/trials/new/", simulation_trials.trial_new, name="trial_new"),
    path("reminders/trials/<int:trial_id>/", simulation_trials.trial_detail, name="trial_detail"),
    path("reminders/trials/<int:trial_id>/stop/", simulation_trials.trial_stop, name="trial_stop"),
]
