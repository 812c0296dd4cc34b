from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    # Orders go on being written while the index is made.
    atomic = False
    dependencies = [
        ("orders", "0008_columns_hold_what_is_known"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(Upper("email"), name="orders_order_by_email"),
        ),
    ]
