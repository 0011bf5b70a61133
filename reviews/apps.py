"""The Django application `reviews`."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Registers the app; nothing happens at a distance."""

    name = "reviews"
