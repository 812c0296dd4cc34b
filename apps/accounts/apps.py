from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"

    def ready(self) -> None:
        """Let Django's log-in tell how long a session of the back office lasts."""
        from django.contrib.auth.signals import user_logged_in

        from apps.accounts.signals import end_staff_session_today

        user_logged_in.connect(end_staff_session_today, dispatch_uid="accounts.end_staff_session")
