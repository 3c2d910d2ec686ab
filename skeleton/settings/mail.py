"""Backends that send notifications by e-mail, SMS and push."""

from skeleton.settings.environment import env, reading

with reading():
    _smtp_host = env.str("SKELETON_SMTP_HOST", "")
    _smtp_port = env.int("SKELETON_SMTP_PORT", 587)
    _smtp_user = env.str("SKELETON_SMTP_USER", "")
    _smtp_password = env.str("SKELETON_SMTP_PASSWORD", "")
    SKELETON_SMTP_SECURITY = env.str("SKELETON_SMTP_SECURITY", "starttls")
    SKELETON_MAIL_FROM = env.str("SKELETON_MAIL_FROM", "")
    SKELETON_PUBLIC_URL = env.str("SKELETON_PUBLIC_URL", "")
    _sms_backend = env.str("SKELETON_SMS_BACKEND", "skeleton.notifications.channels.ConsoleBackend")
    _push_backend = env.str("SKELETON_PUSH_BACKEND", "skeleton.notifications.channels.ConsoleBackend")

SKELETON_CHANNELS = {"email": "skeleton.notifications.channels.MailBackend", "sms": _sms_backend, "push": _push_backend}
"""The backend of each channel: the dotted path of a class like those in `skeleton.notifications.channels`."""

EMAIL_BACKEND = (
    "skeleton.notifications.smtp.EmailBackend" if _smtp_host else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _smtp_host, _smtp_port, _smtp_user, _smtp_password
EMAIL_USE_TLS, EMAIL_USE_SSL = SKELETON_SMTP_SECURITY == "starttls", SKELETON_SMTP_SECURITY == "tls"
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = SKELETON_MAIL_FROM or "Skeleton <skeleton@localhost>"
