"""Addresses of the pages about oneself."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("login", views.sign_in, name="login"),
    path("logout", views.sign_out, name="logout"),
    path("settings/profile", views.profile, name="profile"),
    path("settings/profile/name", views.change_name, name="change_name"),
    path("settings/profile/password", views.change_password, name="change_password"),
    path("password/<uidb64>/<token>", views.set_password, name="set_password"),
]
