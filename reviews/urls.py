"""Addresses of a decision and of the acts on it."""

from django.urls import path

from reviews import views

app_name = "reviews"

_D = "w/<slug:workspace>/d/<int:seq>"

urlpatterns = [
    path(_D, views.decision, name="decision"),
    path("w/<slug:workspace>/d/<slug:decision_id>", views.decision_by_id, name="decision_by_id"),
    path(f"{_D}/raw.json", views.raw, name="raw"),
    path(f"{_D}/acts", views.acts, name="acts"),
    path(f"{_D}/confirm", views.confirm, name="confirm"),
    path(f"{_D}/flag", views.flag, name="flag"),
    path(f"{_D}/correct", views.correct, name="correct"),
    path(f"{_D}/supersede", views.supersede, name="supersede"),
]
