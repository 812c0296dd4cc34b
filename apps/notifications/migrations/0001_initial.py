from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("order_received", "order received"),
                            ("order_confirmed", "order confirmed"),
                            ("order_rejected", "order rejected"),
                            ("awaiting_payment", "awaiting payment"),
                            ("awaiting_approval", "awaiting approval"),
                            ("order_cancelled", "order cancelled"),
                            ("units_cancelled", "part of an order cancelled"),
                            ("shipment_shipped", "shipment on its way"),
                            ("shipment_delivered", "shipment delivered"),
                            ("refund_requested", "refund requested"),
                            ("refund_approved", "refund approved"),
                            ("refund_refused", "refund refused"),
                            ("refund_paid", "refund paid"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("reference", models.CharField(max_length=64, verbose_name="about")),
                (
                    "channel",
                    models.CharField(db_default="mail", max_length=20, verbose_name="channel"),
                ),
                ("recipient", models.CharField(max_length=254, verbose_name="recipient")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("text", models.TextField(verbose_name="text")),
                ("html", models.TextField(verbose_name="HTML")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("error", models.TextField(blank=True, verbose_name="error")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "sending", "failed"])),
                        fields=["updated_at"],
                        name="notifications_message_unsent",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "order_received",
                                    "order_confirmed",
                                    "order_rejected",
                                    "awaiting_payment",
                                    "awaiting_approval",
                                    "order_cancelled",
                                    "units_cancelled",
                                    "shipment_shipped",
                                    "shipment_delivered",
                                    "refund_requested",
                                    "refund_approved",
                                    "refund_refused",
                                    "refund_paid",
                                ],
                            )
                        ),
                        name="notifications_message_kind_known",
                    ),
                    models.UniqueConstraint(
                        fields=("kind", "reference", "channel"),
                        name="notifications_message_once_per_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "sending", "sent", "failed"])),
                        name="notifications_message_state_known",
                    ),
                ],
            },
        ),
    ]
