"""Every setting of the product, in one file.

Values come from `loopgrid_site.env` and nowhere else. Insecure defaults are accepted in the modes
`local` and `test` alone, and those modes are set by the supervisor.
"""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF

from loopgrid_site import env

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "1.0.0"
MODE = env.read("LOOPGRID_MODE", "production")
if MODE not in {"production", "local", "test"}:
    raise env.SettingError("LOOPGRID_MODE must be production, local or test.")
RELAXED = MODE in {"local", "test"}
OPEN_LOCAL = MODE == "local"
DEBUG = False


def _secret(name: str, fallback: str) -> str:
    return (env.read(name) or fallback) if MODE == "test" else env.required(name)


SECRET_KEY = _secret("SECRET_KEY", "only-for-tests-" + "x" * 50)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
PORT = env.number("LOOPGRID_PORT", 8000)
PUBLIC_URL = (
    env.read("LOOPGRID_PUBLIC_URL") or f"http://localhost:{PORT}"
    if RELAXED
    else env.required("LOOPGRID_PUBLIC_URL")
).rstrip("/")
TRUSTED_PROXIES = env.number("LOOPGRID_TRUSTED_PROXIES", 0)
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver" if RELAXED else ""
)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "loopgrid_site.errors.csrf_failure"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_SSL_REDIRECT = False  # the proxy in front redirects; health probes come over plain http
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "loopgrid_session"
CSRF_COOKIE_NAME = "loopgrid_csrf"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
APPEND_SLASH = False
# Larger than any body limit: the /v1 doors enforce their own sizes while they read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
MAX_BODY_BYTES = min(env.number("LOOPGRID_MAX_BODY_MB", 8), 64) * 1024 * 1024
MAX_BATCH_BYTES = 32 * 1024 * 1024
MAX_BATCH_ITEMS = 500
# Calls a key may make in a minute, by policy; a key may carry its own numbers.
RATE_ALLOWANCES = env.counts("LOOPGRID_RATES", {"record": 60_000, "default": 6_000, "heavy": 120})
VERIFY_SECONDS = env.number("LOOPGRID_VERIFY_SECONDS", 20)

INSTALLED_APPS = [
    "loopgrid_site.apps.SiteConfig",
    "loopgrid_site.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "ledger",
    "replays",
    "reviews",
    "compliance",
]
MIDDLEWARE = [
    "loopgrid_site.middleware.RequestMiddleware",
    "loopgrid_site.middleware.PagesOnly",  # everything below is skipped for /v1, /log and probes
]
# What only pages need, applied by PagesOnly in this order.
PAGE_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
# PagesOnly runs session, authentication, messages, security headers and CSRF; Django's checks look
# at MIDDLEWARE alone and cannot see them there.
SILENCED_SYSTEM_CHECKS = [
    *("admin.E408", "admin.E409", "admin.E410"),
    *("security.W001", "security.W002", "security.W003"),
]
ROOT_URLCONF = "loopgrid_site.urls"
WSGI_APPLICATION = "loopgrid_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "loopgrid_site.context.site",
            ]
        },
    }
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
    }
}

DATABASE_URL = env.required("DATABASE_URL")
DATABASES = {"default": env.database(DATABASE_URL)}
if MODE == "test":
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["TEST"] = {"TEMPLATE": env.read("LOOPGRID_TEST_TEMPLATE")}
DATABASE_ROLE_URLS = {
    role: env.read(f"DATABASE_{role.upper()}_URL") or DATABASE_URL
    for role in ("owner", "notary", "eraser", "auditor")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.required("REDIS_URL")
BROKER_URL, CACHE_URL = env.redis_urls(
    REDIS_URL,
    broker=env.number("LOOPGRID_TEST_REDIS_DB", 0) if MODE == "test" else 0,
    cache=env.number("LOOPGRID_TEST_REDIS_DB", 0) + 1 if MODE == "test" else 1,
)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "TIMEOUT": 300,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["loopgrid_site.formats"]

STATIC_URL = "/static/"
# Only collectstatic fills it, and local mode does not run that.
STATIC_ROOT = None if RELAXED else BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Local mode serves straight from the finders, so that nobody has to run collectstatic.
WHITENOISE_USE_FINDERS = RELAXED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if RELAXED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LEDGER_HOST = (
    env.read("LOOPGRID_LEDGER_HOST") or "test.example"
    if MODE == "test"
    else env.required("LOOPGRID_LEDGER_HOST")
)
ADMISSION_KEYS = env.admission_keys(
    _secret("LOOPGRID_ADMISSION_KEYS", "1:" + "00112233445566778899aabbccddeeff" * 2)
)
NOTARY_DIR = env.read("LOOPGRID_NOTARY_DIR")
HEARTBEAT_SECONDS = 60

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["ledger.api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "ledger.api.rendering.FixedNegotiation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "loopgrid_site.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LoopGrid",
    "DESCRIPTION": "The system of record for AI decisions.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["loopgrid_site.api_docs.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

LOG_LEVEL = (env.read("LOOPGRID_LOG_LEVEL", "info") or "info").upper()
LOG_FORMAT = env.read("LOOPGRID_LOG_FORMAT", "console" if RELAXED else "json")
if LOG_FORMAT not in {"console", "json"}:
    raise env.SettingError("LOOPGRID_LOG_FORMAT must be console or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "console": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "loopgrid_site.logs.JsonLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}
