import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def leave_out_index(apps, schema_editor):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""
    schema_editor.deferred_sql = [
        one
        for one in schema_editor.deferred_sql
        if "payments_creditentry_key_bfd30ae8_like" not in str(one)
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("limit_minor", models.BigIntegerField(verbose_name="limit")),
                ("used_minor", models.BigIntegerField(default=0, verbose_name="used")),
                (
                    "net_days",
                    models.PositiveSmallIntegerField(default=30, verbose_name="days to pay"),
                ),
                ("is_open", models.BooleanField(default=True, verbose_name="open for new orders")),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_account",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit account",
                "verbose_name_plural": "credit accounts",
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("reference", models.UUIDField(verbose_name="order")),
                (
                    "share",
                    models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="share"),
                ),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(
                        db_default=1, default=1, verbose_name="attempt"
                    ),
                ),
                ("gateway", models.CharField(max_length=20, verbose_name="gateway")),
                ("token", models.CharField(max_length=255, verbose_name="token")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("authorised_minor", models.BigIntegerField(default=0, verbose_name="authorised")),
                ("captured_minor", models.BigIntegerField(default=0, verbose_name="captured")),
                ("refunded_minor", models.BigIntegerField(default=0, verbose_name="refunded")),
                (
                    "gateway_reference",
                    models.CharField(blank=True, max_length=255, verbose_name="gateway reference"),
                ),
                (
                    "action_url",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="page for the shopper"
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "released_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="nothing held since"),
                ),
                (
                    "checked_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="compared with the gateway"
                    ),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="payer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Discrepancy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=20, verbose_name="gateway")),
                (
                    "gateway_reference",
                    models.CharField(max_length=255, verbose_name="gateway reference"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unknown", "money of no payment we know"),
                            ("amount", "another amount than in our ledger"),
                            ("unfinished", "not brought to an end"),
                            ("refund_refused", "refund refused"),
                            ("refund_failed", "refund came back"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="discrepancies",
                        to="payments.payment",
                        verbose_name="payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "discrepancy with a payment provider",
                "verbose_name_plural": "discrepancies with payment providers",
            },
        ),
        migrations.CreateModel(
            name="CreditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("terms", "terms"),
                            ("hold", "held for an order"),
                            ("release", "let go of"),
                            ("invoice", "invoice"),
                            ("refund", "credit note"),
                            ("received", "payment received"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("effect_minor", models.BigIntegerField(verbose_name="change of what is used")),
                ("key", models.CharField(max_length=160, unique=True)),
                (
                    "purchase_order",
                    models.CharField(blank=True, max_length=40, verbose_name="purchase order"),
                ),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="due on")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="entered")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="payments.creditaccount",
                        verbose_name="account",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_entries",
                        to="payments.payment",
                        verbose_name="payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit entry",
                "verbose_name_plural": "credit entries",
            },
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("authorise", "authorisation"),
                            ("capture", "capture"),
                            ("void", "void"),
                            ("refund", "refund"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("claimed", "claimed"),
                            ("succeeded", "succeeded"),
                            ("declined", "declined"),
                            ("action_required", "needs the shopper"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("idempotency_key", models.CharField(max_length=120)),
                ("gateway_reference", models.CharField(blank=True, max_length=255)),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="payments.payment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=20, verbose_name="gateway")),
                ("event_id", models.CharField(max_length=255, verbose_name="event")),
                ("type", models.CharField(max_length=100, verbose_name="type")),
                ("digest", models.CharField(max_length=64, verbose_name="SHA-256 of the message")),
                ("news", models.JSONField(default=dict, verbose_name="what it says")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("applied", "applied"),
                            ("doubted", "to be confirmed"),
                            ("ignored", "ignored"),
                            ("unmatched", "of no payment we know"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("received_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhook_events",
                        to="payments.payment",
                        verbose_name="payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook event",
                "verbose_name_plural": "webhook events",
            },
        ),
        migrations.AddConstraint(
            model_name="creditaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_minor__gte", 0)),
                name="payments_credit_limit_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_minor__lte", models.F("limit_minor"))),
                name="payments_credit_within_limit",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("gateway_reference", ""), _negated=True),
                fields=["gateway_reference"],
                name="payments_payment_by_reference",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(
                    ("amount_minor__gt", 0), ("captured_minor", 0), ("released_at", None)
                ),
                fields=["checked_at"],
                name="payments_payment_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gte", 0)), name="payments_payment_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("authorised_minor__gte", 0),
                    ("authorised_minor__lte", models.F("amount_minor")),
                ),
                name="payments_authorised_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("captured_minor__gte", 0),
                    ("captured_minor__lte", models.F("authorised_minor")),
                ),
                name="payments_captured_within_authorised",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_minor__gte", 0), ("refunded_minor__lte", models.F("captured_minor"))
                ),
                name="payments_refunded_within_captured",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("reference", "share", "attempt"), name="payments_payment_attempt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("reference", "share"),
                name="payments_payment_one_live_per_share",
            ),
        ),
        migrations.AddIndex(
            model_name="discrepancy",
            index=models.Index(
                condition=models.Q(("settled_at", None)),
                fields=["first_seen_at"],
                name="payments_discrepancy_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["unknown", "amount", "unfinished", "refund_refused", "refund_failed"],
                    )
                ),
                name="payments_discrepancy_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.UniqueConstraint(
                fields=("gateway", "gateway_reference", "kind"),
                name="payments_discrepancy_noted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["terms", "hold", "release", "invoice", "refund", "received"])
                ),
                name="payments_creditentry_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "invoice"), _negated=True),
                    ("due_on__isnull", False),
                    _connector="OR",
                ),
                name="payments_credit_invoice_has_due_date",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("outcome", "claimed")),
                fields=["created_at"],
                name="payments_transaction_claims",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["claimed", "succeeded", "declined", "action_required"])
                ),
                name="payments_transaction_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["authorise", "capture", "void", "refund"])),
                name="payments_transaction_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(
                fields=("idempotency_key", "outcome"), name="payments_transaction_counts_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "capture"), ("outcome", "succeeded")),
                fields=("payment",),
                name="payments_one_capture_per_payment",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookevent",
            index=models.Index(
                condition=models.Q(("outcome", "unmatched")),
                fields=["received_at"],
                name="payments_webhook_unmatched",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["applied", "doubted", "ignored", "unmatched"])),
                name="payments_webhookevent_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookevent",
            constraint=models.UniqueConstraint(
                fields=("gateway", "event_id"), name="payments_webhook_event_counts_once"
            ),
        ),
        migrations.RunPython(leave_out_index, migrations.RunPython.noop),
    ]
