from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    # People go on logging in while the index is made.
    atomic = False
    dependencies = [
        ("accounts", "0004_people_and_access"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(Upper("email"), name="accounts_user_by_email"),
        ),
    ]
