"""What a stage that was taken away has left at AWS."""

import boto3

from tests.journeys.serverless import STAGE


def left_over() -> dict[str, list[str]]:
    """Everything of the stage that still is at AWS, by service."""
    found = {
        "functions": [
            one["FunctionName"] for one in boto3.client("lambda").list_functions()["Functions"]
        ],
        "bindings": [
            one["UUID"]
            for one in boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        "apis": [one["name"] for one in boto3.client("apigateway").get_rest_apis()["items"]],
        "keys": [one["name"] for one in boto3.client("apigateway").get_api_keys()["items"]],
        "names": [
            one["domainName"] for one in boto3.client("apigateway").get_domain_names()["items"]
        ],
        "queues": boto3.client("sqs").list_queues().get("QueueUrls", []),
        "topics": [one["TopicArn"] for one in boto3.client("sns").list_topics()["Topics"]],
        "buckets": [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]],
        "roles": [one["RoleName"] for one in boto3.client("iam").list_roles()["Roles"]],
        "policies": [
            one["PolicyName"]
            for one in boto3.client("iam").list_policies(Scope="Local")["Policies"]
        ],
        "secrets": [
            one["Name"] for one in boto3.client("secretsmanager").list_secrets()["SecretList"]
        ],
        "logs": [
            one["logGroupName"] for one in boto3.client("logs").describe_log_groups()["logGroups"]
        ],
        "alarms": [
            one["AlarmName"] for one in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
        ],
        "schedules": [
            one["Name"] for one in boto3.client("scheduler").list_schedules()["Schedules"]
        ],
        "pools": [
            one["Name"]
            for one in boto3.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
        ],
        "networks": [
            one["VpcId"]
            for one in boto3.client("ec2").describe_vpcs()["Vpcs"]
            if not one["IsDefault"]
        ],
        "stacks": [
            one["StackName"] for one in boto3.client("cloudformation").describe_stacks()["Stacks"]
        ],
    }
    return {
        service: names
        for service, every in found.items()
        if (names := [name for name in every if STAGE in name or service == "networks"])
    }
