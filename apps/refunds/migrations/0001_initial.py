import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "reference",
                    models.CharField(max_length=64, unique=True, verbose_name="reference"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("return", "return"),
                            ("cancellation", "cancellation"),
                            ("goodwill", "goodwill"),
                            ("credit", "credit without a sale"),
                        ],
                        db_default="return",
                        default="return",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("approved", "approved"), ("paid", "paid"), ("failed", "failed")],
                        db_default="approved",
                        default="approved",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("party", models.CharField(blank=True, max_length=254, verbose_name="customer")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "lines_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="goods"),
                ),
                (
                    "shipping_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="shipping"),
                ),
                (
                    "adjustments_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="adjustments"),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                (
                    "granted_by",
                    models.BigIntegerField(blank=True, null=True, verbose_name="granted by"),
                ),
                (
                    "attempt",
                    models.PositiveIntegerField(db_default=1, default=1, verbose_name="attempt"),
                ),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid")),
                (
                    "paid_note",
                    models.CharField(
                        db_default="",
                        default="",
                        max_length=200,
                        verbose_name="paid by other means",
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        db_default="", default="", max_length=200, verbose_name="why it failed"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="orders.order",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("paid_minor", models.BigIntegerField(verbose_name="paid for them")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "tax_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="tax in it"),
                ),
                (
                    "is_restocked",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="back on the shelf"
                    ),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_lines",
                        to="orders.orderline",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="refunds.refund",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RefundAdjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("code", models.CharField(max_length=50, verbose_name="code")),
                ("label", models.CharField(max_length=200, verbose_name="label")),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("line", "a line"),
                            ("shipping", "shipping"),
                            ("order", "the order"),
                        ],
                        max_length=10,
                        verbose_name="meant for",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("source", models.CharField(max_length=64, verbose_name="decided by")),
                (
                    "refund",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="refunds.refund",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="refunds.refundline",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RefundRequest",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "requested_by",
                    models.CharField(
                        choices=[("customer", "customer"), ("staff", "staff")],
                        max_length=10,
                        verbose_name="requested by",
                    ),
                ),
                (
                    "actor_id",
                    models.BigIntegerField(
                        blank=True, null=True, verbose_name="requester's account"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "requested"),
                            ("approved", "approved"),
                            ("refused", "refused"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("unwanted", "I changed my mind"),
                            ("damaged", "it is damaged or broken"),
                            ("wrong_item", "it is not what I ordered"),
                            ("not_as_described", "it is not as described"),
                            ("too_late", "it came too late"),
                            ("other", "another reason"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "text",
                    models.TextField(blank=True, max_length=2000, verbose_name="in their words"),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                (
                    "decided_by",
                    models.BigIntegerField(blank=True, null=True, verbose_name="decided by"),
                ),
                (
                    "refusal_reason",
                    models.TextField(
                        blank=True, max_length=1000, verbose_name="why it was refused"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_requests",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "refund request",
            },
        ),
        migrations.CreateModel(
            name="RefundPicture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200, unique=True)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                (
                    "request",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pictures",
                        to="refunds.refundrequest",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="refund",
            name="request",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund",
                to="refunds.refundrequest",
            ),
        ),
        migrations.CreateModel(
            name="RefundRequestLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity asked")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("unwanted", "I changed my mind"),
                            ("damaged", "it is damaged or broken"),
                            ("wrong_item", "it is not what I ordered"),
                            ("not_as_described", "it is not as described"),
                            ("too_late", "it came too late"),
                            ("other", "another reason"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "approved_quantity",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="quantity approved"
                    ),
                ),
                (
                    "restock",
                    models.BooleanField(blank=True, null=True, verbose_name="back on the shelf"),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_request_lines",
                        to="orders.orderline",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="refunds.refundrequest",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="refunds_line_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("tax_minor__gte", 0), ("tax_minor__lte", models.F("amount_minor"))
                ),
                name="refunds_line_tax_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gte", 0), ("paid_minor__gte", 0)),
                name="refunds_line_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundadjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("scope__in", ["line", "shipping", "order"])),
                name="refunds_refundadjustment_scope_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundadjustment",
            constraint=models.UniqueConstraint(
                fields=("refund", "position"), name="refunds_adjustment_position_once"
            ),
        ),
        migrations.AddIndex(
            model_name="refundrequest",
            index=models.Index(
                condition=models.Q(("state", "requested")),
                fields=["created_at"],
                name="refunds_request_undecided",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        [
                            "unwanted",
                            "damaged",
                            "wrong_item",
                            "not_as_described",
                            "too_late",
                            "other",
                        ],
                    )
                ),
                name="refunds_refundrequest_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["requested", "approved", "refused"])),
                name="refunds_refundrequest_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("requested_by__in", ["customer", "staff"])),
                name="refunds_refundrequest_requester_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", True),
                        ("decided_by__isnull", True),
                        ("state", "requested"),
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("state__in", ["approved", "refused"]),
                    ),
                    _connector="OR",
                ),
                name="refunds_refundrequest_decision_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refused"), _negated=True),
                    models.Q(("refusal_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="refunds_refundrequest_refused_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundpicture",
            constraint=models.UniqueConstraint(
                fields=("request", "position"), name="refunds_picture_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["return", "cancellation", "goodwill", "credit"])),
                name="refunds_refund_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gte", 0)), name="refunds_refund_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount_minor",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("lines_minor"), "+", models.F("shipping_minor")
                            ),
                            "+",
                            models.F("adjustments_minor"),
                        ),
                    )
                ),
                name="refunds_refund_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("lines_minor__gte", 0), ("shipping_minor__gte", 0)),
                name="refunds_refund_parts_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["approved", "paid", "failed"])),
                name="refunds_refund_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "paid"), _negated=True),
                    ("paid_at__isnull", False),
                    _connector="OR",
                ),
                name="refunds_refund_paid_has_paid_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequestline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        [
                            "unwanted",
                            "damaged",
                            "wrong_item",
                            "not_as_described",
                            "too_late",
                            "other",
                        ],
                    )
                ),
                name="refunds_refundrequestline_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequestline",
            constraint=models.UniqueConstraint(
                fields=("request", "order_line"), name="refunds_requestline_once_per_line"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequestline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="refunds_requestline_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequestline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_quantity__isnull", True),
                    ("approved_quantity__lte", models.F("quantity")),
                    _connector="OR",
                ),
                name="refunds_requestline_approved_within_asked",
            ),
        ),
    ]
