"""The stage's secret has a place for whatever the settings call a secret of a backend."""

import ast
import json
from collections.abc import Iterator

from infra.stacks import STACKS, template_of
from tests.architecture.source import ROOT, tree_of

SETTINGS = ROOT / "ecommerce" / "settings" / "shop.py"


def secrets_in(tree: ast.Module) -> Iterator[str]:
    """The variables of the environment that stand under a `SECRETS` of `SHOP`."""
    for entry in (node for node in ast.walk(tree) if isinstance(node, ast.Dict)):
        for key, value in zip(entry.keys, entry.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "SECRETS":
                for call in (node for node in ast.walk(value) if isinstance(node, ast.Call)):
                    yield ast.literal_eval(call.args[0])


def test_what_the_settings_call_a_secret_has_a_place_in_the_stages() -> None:
    app = template_of(next(one for one in STACKS if one.name == "secrets"))["Resources"]["App"][
        "Properties"
    ]
    places = json.loads(app["GenerateSecretString"]["SecretStringTemplate"])
    wanted = set(secrets_in(tree_of(SETTINGS)))

    assert wanted >= {"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}
    assert wanted - places.keys() == set(), (
        "Add these, empty, to SecretStringTemplate in infra/templates/secrets.yaml."
    )


def test_a_secret_without_a_place_is_noticed() -> None:
    source = 'SHOP = {"X": {"a": {"SECRETS": {"key": env.str("A_KEY", default="")}}}}'

    assert list(secrets_in(ast.parse(source))) == ["A_KEY"]
