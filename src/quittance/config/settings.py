"""Django settings, all of them from the environment or from safe defaults."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from quittance.config.env import (
    data_dir,
    database_settings,
    imap_settings,
    sms_settings,
    smtp_settings,
)
from quittance.config.print_env import print_settings
from quittance.config.proxy_env import trusted_proxies
from quittance.config.statement_env import statement_inboxes

PACKAGE_DIR = Path(__file__).resolve().parent.parent
QUITTANCE_DATA_DIR = data_dir()
QUITTANCE_DEMO = os.environ.get("QUITTANCE_DEMO", "") == "1"
QUITTANCE_UPLOAD_MAX_BYTES = int(os.environ.get("QUITTANCE_UPLOAD_MAX_BYTES", str(512 * 1024 * 1024)))


def _secret_key() -> str:
    """Return the key from the environment, else one kept in the data folder (made on first use)."""
    if given := os.environ.get("QUITTANCE_SECRET_KEY"):
        return given
    path = QUITTANCE_DATA_DIR / "secret_key"
    if not path.exists():
        QUITTANCE_DATA_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("QUITTANCE_DEBUG", "") == "1"
ALLOWED_HOSTS = os.environ.get("QUITTANCE_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("QUITTANCE_TRUSTED_ORIGINS", "").split(",") if o]
QUITTANCE_TRUSTED_PROXIES = trusted_proxies()
SECURE_COOKIES = os.environ.get("QUITTANCE_HTTPS", "") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE_COOKIES
if SECURE_COOKIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "quittance.web.views.ui.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "quittance.foundation",
    "quittance.parties",
    "quittance.ledger",
    "quittance.cases",
    "quittance.promises",
    "quittance.interest",
    "quittance.remittances",
    "quittance.segments",
    "quittance.delivery",
    "quittance.litigation",
    "quittance.letters",
    "quittance.debits",
    "quittance.dunning",
    "quittance.cash",
    "quittance.writeback",
    "quittance.simulation",
    "quittance.worklist",
    "quittance.insight",
    "quittance.api",
    "quittance.portal",
    "quittance.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "quittance.web.middleware.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "quittance.config.urls"
WSGI_APPLICATION = "quittance.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before those of the installed apps: our sign-in pages replace allauth's.
        "DIRS": [PACKAGE_DIR / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "quittance.web.context.shell",
                "quittance.config.demo.sign_ins",
            ],
        },
    }
]

DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "parties.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "quittance.web.accounts.ClosedAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True

LANGUAGE_CODE = "en"
LANGUAGES = [("fr", _("French")), ("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
TIME_ZONE = os.environ.get("QUITTANCE_TIME_ZONE", "Europe/Paris")
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = QUITTANCE_DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20000

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
globals().update(smtp_settings())
DEFAULT_FROM_EMAIL = os.environ.get("QUITTANCE_FROM_EMAIL", "quittance@localhost")
EMAIL_TIMEOUT = 20
QUITTANCE_LETTER_CHANNEL, QUITTANCE_PRINT = print_settings()
# Where this installation is reached from outside: links in messages begin with it.
QUITTANCE_PUBLIC_URL = os.environ.get("QUITTANCE_PUBLIC_URL", "")
QUITTANCE_SMS_CHANNEL, QUITTANCE_SMS = sms_settings()
QUITTANCE_IMAP = imap_settings()
QUITTANCE_STATEMENT_INBOXES = statement_inboxes()

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "frame-src": [SELF],
        "manifest-src": [SELF],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("QUITTANCE_LOG_LEVEL", "WARNING")},
}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
# Functions that tell dunning of money which is no item yet; see dunning/README.md.
QUITTANCE_CREDIT_SOURCES = ("quittance.cash.credits.list_waiting_credits",)
# Who knows what customers said they paid: functions that matching asks for (account, day, item).
QUITTANCE_ANNOUNCEMENT_SOURCES = ("quittance.dunning.queries.list_announced_items",)
