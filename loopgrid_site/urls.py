"""Every address of the product, by the app that owns it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from ledger.urls import without_slash
from loopgrid_site import health, metrics, views

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because programs call it thousands of times a second.
    path("", include("ledger.urls")),
    path("", views.start, name="start"),
    path("health", health.health),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics.Metrics.as_view()),
    re_path(r"^(?P<rest>(?:health|metrics|openapi\.json|docs|redoc)(?:/.*)?)/$", without_slash),
    path("", include("loopgrid_site.api_docs")),
    path("admin/", admin.site.urls),
    path("setup", views.setup, name="setup"),
    path("setup/done", views.setup_done, name="setup_done"),
    path("", include("accounts.urls")),
    path("", include("ledger.views.settings")),
    path("", include("ledger.views.decisions")),
    path("", include("ledger.views.entries")),
    path("", include("ledger.views.checkpoints")),
    path("", include("ledger.views.integrity")),
    path("", include("ledger.views.short")),
    path("", include("reviews.urls")),
]

handler400 = "loopgrid_site.errors.bad_request"
handler403 = "loopgrid_site.errors.permission_denied"
handler404 = "loopgrid_site.errors.not_found"
handler500 = "loopgrid_site.errors.server_error"
