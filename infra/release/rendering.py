"""What `zappa_settings.json` leaves open: region, ids, roles and environment, from the outputs of the stacks.

No secret is among them: the functions read theirs from Secrets Manager.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.stacks import FUNCTIONS, Stage, zappa_settings, zappa_stage

Outputs = Mapping[str, str]
# CloudFront and API Gateway stand between a shopper and a function.
_PROXIES = "2"


def write_settings(*, stage: Stage, outputs: Outputs, folder: Path) -> Path:
    """The file that Zappa reads for one stage. Raises KeyError for an output that is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "zappa_settings.json"
    rendered = {
        zappa_stage(stage=stage.name, function=function): settings_of(
            function=function, stage=stage, outputs=outputs
        )
        for function in FUNCTIONS
    }
    path.write_text(json.dumps(rendered, indent=1))
    return path


def settings_of(*, function: str, stage: Stage, outputs: Outputs) -> dict[str, Any]:
    """All that Zappa is to know of one function."""
    facts = stage.functions[function]
    settings = zappa_settings(zappa_stage(stage=stage.name, function=function))
    # It keeps people from deploying the checkout; these settings deploy a package.
    del settings["callbacks"]
    if function == "worker":
        # What is invoked asynchronously and refused; queues have dead letters of their own.
        settings["dead_letter_arn"] = _tasks_dead_letters(outputs)
    return {
        **settings,
        "aws_region": stage.region,
        "s3_bucket": outputs["PackageBucket"],
        "role_arn": outputs[f"{function.capitalize()}RoleArn"],
        "lambda_concurrency": facts["concurrency"],
        "lambda_description": f"The shop's {function}, stage {stage.name}",
        "vpc_config": {
            "SubnetIds": outputs["PrivateSubnetIds"].split(","),
            "SecurityGroupIds": [outputs["FunctionSecurityGroupId"]],
        },
        "aws_environment_variables": environment_of(
            function=function, stage=stage, outputs=outputs
        ),
    }


def environment_of(*, function: str, stage: Stage, outputs: Outputs) -> dict[str, str]:
    """The environment of a function: where everything is, and what the stage says itself."""
    domain = stage.parameters["ShopDomain"]
    return {
        "STAGE": stage.name,
        "FUNCTION": function,
        "SECRETS_ID": outputs["AppSecretArn"],
        "DATABASE_SECRET_ID": outputs["DatabaseSecretArn"],
        "DATABASE_HOST": outputs["DatabaseHost"],
        "PGSSLMODE": "require",
        "ALLOWED_HOSTS": domain,
        "SHOP_ORIGIN": f"https://{domain}",
        "NUM_PROXIES": _PROXIES,
        "SQS_BASE_URL": outputs["QueueBaseUrl"],
        "SNS_TOPIC_ARN": outputs["OrderEventsTopicArn"],
        "MEDIA_BUCKET": outputs["MediaBucket"],
        "MEDIA_DOMAIN": outputs["MediaDomain"],
        "MEDIA_ORIGIN": f"https://{outputs['MediaDomain']}",
        "DOCUMENTS_BUCKET": outputs["DocumentsBucket"],
        "STATIC_DOMAIN": outputs["StaticDomain"],
        "CACHE_HOST": outputs.get("CacheHost", ""),
        **stage.settings,
    }


def _tasks_dead_letters(outputs: Outputs) -> str:
    (arn,) = (
        one for one in outputs["DeadLetterQueueArns"].split(",") if one.endswith("-tasks-dlq")
    )
    return arn
