"""The parts that exist only in an account, from the network to the alarms."""

import json
import re

import pytest

from infra.config import ConfigError, DatabaseSize
from infra.triggers import Queue
from tests.infra.stacks import GIVEN_DATABASE, ROOT, ROWS, config_of, triggers


def only(stack, type_):
    return only_resource(stack, type_)["Properties"]


def only_resource(stack, type_):
    (found,) = stack.resources(type_)
    return found


def test_database_is_encrypted_doubled_and_without_a_password(synthesised):
    stack = synthesised("aws")
    database = only(stack, "AWS::RDS::DBInstance")
    assert database["EngineVersion"].startswith("18.")
    for yes in ("MultiAZ", "StorageEncrypted", "EnableIAMDatabaseAuthentication"):
        assert database[yes] is True
    assert database["DeletionProtection"] is True
    assert database["BackupRetentionPeriod"] == 35
    assert database["PubliclyAccessible"] is False
    assert database["MasterUserAuthenticationType"] == "iam-db-auth"
    assert database["MasterUsername"] == "invoice_export_administrator"
    assert "MasterUserPassword" not in database
    parameters = only(stack, "AWS::RDS::DBParameterGroup")["Parameters"]
    assert parameters["rds.force_ssl"] == "1"
    proxy = only(stack, "AWS::RDS::DBProxy")
    assert (proxy["RequireTLS"], proxy["DefaultAuthScheme"]) == (True, "IAM_AUTH")
    assert stack.resources("AWS::SecretsManager::Secret") == []


def test_functions_with_a_database_have_no_way_to_the_internet(synthesised):
    stack = synthesised("aws")
    for type_ in ("InternetGateway", "NatGateway", "EgressOnlyInternetGateway"):
        assert stack.resources(f"AWS::EC2::{type_}") == []
    for name, function in stack.functions.items():
        properties = function["Properties"]
        assert ("VpcConfig" in properties) == ROWS[name].in_network
        if not ROWS[name].in_network:
            variables = properties["Environment"]["Variables"]
            assert not [key for key in variables if "DATABASE" in key]


def test_cdks_function_closes_the_default_security_group_under_our_rules(synthesised):
    stack = synthesised("aws")
    (closed,) = stack.resources("Custom::VpcRestrictDefaultSG")
    closer = stack.default_group_closer
    token = {"Fn::GetAtt": [stack.logical_id(closer), "Arn"]}
    assert closed["Properties"]["ServiceToken"] == token
    function = closer["Properties"]
    assert function["Architectures"] == ["arm64"]
    assert function["ReservedConcurrentExecutions"] == 1
    for wanted in ("LoggingConfig", "DeadLetterConfig"):
        assert function[wanted]
    role_id = function["Role"]["Fn::GetAtt"][0]
    role = stack.template["Resources"][role_id]["Properties"]
    assert "ManagedPolicyArns" not in role
    policies = [policy["PolicyDocument"] for policy in role["Policies"]] + [
        policy["PolicyDocument"]
        for policy in stack.properties("AWS::IAM::ManagedPolicy")
        if {"Ref": role_id} in policy["Roles"]
    ]
    statements = [s for policy in policies for s in policy["Statement"]]
    assert len(statements) == 3
    assert "*" not in json.dumps([s["Resource"] for s in statements])


def test_an_existing_network_needs_no_function_of_cdk(synthesised):
    network = {
        "vpcId": "vpc-1",
        "privateSubnetIds": "subnet-1,subnet-2",
        "availabilityZones": "eu-west-1a,eu-west-1b",
    }
    stack = synthesised("aws", **network)
    ours = stack.resources("AWS::Lambda::Function")
    assert len(ours) == len(stack.functions)


def test_network_has_an_endpoint_for_each_service_that_functions_call(synthesised):
    services = {
        json.dumps(endpoint["ServiceName"]).rpartition(".")[2].strip('"]}')
        for endpoint in synthesised("aws").properties("AWS::EC2::VPCEndpoint")
    }
    assert services == {"states", "email", "sqs", "s3"}


def test_no_port_is_open_to_the_outside(synthesised):
    stack = synthesised("aws")
    for group in stack.properties("AWS::EC2::SecurityGroup"):
        assert "SecurityGroupIngress" not in group
    for rule in stack.properties("AWS::EC2::SecurityGroupIngress"):
        assert "SourceSecurityGroupId" in rule
        assert not {"CidrIp", "CidrIpv6"} & set(rule)


def test_database_has_connections_enough_if_every_session_is_pinned():
    connected = sum(row.concurrency for row in ROWS.values() if row.connects_as)
    # A worker records a snapshot's pages over a second connection.
    connected += ROWS["write_page"].concurrency
    assert connected < DatabaseSize.max_connections * 0.9


def test_concurrency_of_all_fits_an_account_as_the_guide_says(synthesised):
    reserved = sum(
        function["ReservedConcurrentExecutions"]
        for function in synthesised("aws").properties("AWS::Lambda::Function")
    )
    guide = (ROOT / "docs" / "deploy.md").read_text()
    promised = int(re.search(r"reserve up to (\d+) executions", guide)[1])
    assert promised - 50 < reserved <= promised <= 900
    # Lambda requires a hundred unreserved executions.
    assert f"say {promised + 100} or more" in guide


def test_migrations_run_before_any_other_function_changes(synthesised):
    stack = synthesised("aws")
    applied = stack.logical_id(only_resource(stack, "Custom::DatabaseMigration"))
    for name, function in stack.functions.items():
        waits = applied in function.get("DependsOn", [])
        assert waits == (name != "migrate_database"), name


def test_migration_is_tried_once_for_a_quarter_of_an_hour(synthesised):
    stack = synthesised("aws")
    function = stack.functions["migrate_database"]
    (once,) = (
        config
        for config in stack.resources("AWS::Lambda::EventInvokeConfig")
        if config["Properties"]["FunctionName"] == {"Ref": stack.logical_id(function)}
    )
    assert once["Properties"]["MaximumRetryAttempts"] == 0
    applied = only_resource(stack, "Custom::DatabaseMigration")
    assert stack.logical_id(once) in applied["DependsOn"]
    assert function["Properties"]["Timeout"] == 900
    # CloudFormation waits for the answer of an attempt that runs out of time.
    assert int(applied["Properties"]["ServiceTimeout"]) > 900


def test_migrations_wait_for_the_endpoint_that_carries_their_answer(synthesised):
    stack = synthesised("aws")
    applied = only_resource(stack, "Custom::DatabaseMigration")
    gateways = [
        stack.logical_id(endpoint)
        for endpoint in stack.resources("AWS::EC2::VPCEndpoint")
        if endpoint["Properties"]["VpcEndpointType"] == "Gateway"
    ]
    assert gateways
    assert set(gateways) <= set(applied["DependsOn"])


def test_queues_never_exceed_their_functions_concurrency(synthesised):
    stack = synthesised("aws")
    mappings = stack.properties("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == len(triggers(Queue))
    for mapping in mappings:
        function = stack.template["Resources"][mapping["FunctionName"]["Ref"]]
        assert (
            mapping["ScalingConfig"]["MaximumConcurrency"]
            == function["Properties"]["ReservedConcurrentExecutions"]
        )


def test_network_is_in_the_named_zones(synthesised):
    stack = synthesised("aws", availabilityZones="us-east-1c,us-east-1d")
    subnets = stack.properties("AWS::EC2::Subnet")
    zones = {subnet["AvailabilityZone"] for subnet in subnets}
    assert zones == {"us-east-1c", "us-east-1d"}


def test_a_failed_first_deployment_keeps_nothing_with_a_fixed_name(synthesised):
    names = {"LogGroupName", "BackupVaultName", "BucketName", "QueueName"}
    kept = {
        resource["Type"]: resource["DeletionPolicy"]
        for resource in synthesised("aws").template["Resources"].values()
        if names & set(resource.get("Properties", {})) and "DeletionPolicy" in resource
    }
    assert kept == {
        "AWS::Logs::LogGroup": "RetainExceptOnCreate",
        "AWS::Backup::BackupVault": "RetainExceptOnCreate",
    }


def test_existing_network_and_database_replace_ours(synthesised):
    stack = synthesised("aws", **GIVEN_DATABASE)
    for type_ in ("EC2::VPC", "EC2::VPCEndpoint", "RDS::DBInstance", "RDS::DBProxy"):
        assert stack.resources(f"AWS::{type_}") == []
    variables = stack.functions["http_api"]["Properties"]["Environment"]["Variables"]
    assert variables["DATABASE_URL"].endswith("@db.example:5432/x")
    migrating = stack.functions["migrate_database"]["Properties"]["Environment"]
    # The administrator of a given database has prepared it.
    assert migrating["Variables"]["ADMINISTRATOR_DATABASE_URL"] == ""


@pytest.mark.parametrize(
    ("app", "owner", "ports"),
    [("", "", {5432}), (":6432", "", {5432, 6432}), (":6432", ":6432", {6432})],
)
def test_functions_reach_a_given_database_on_the_ports_of_its_urls(
    synthesised, app, owner, ports
):
    given = GIVEN_DATABASE | {
        "databaseUrl": f"postgresql://invoice_export_app@db.example{app}/x",
        "ownerDatabaseUrl": f"postgresql://invoice_export_owner@db.example{owner}/x",
    }
    stack = synthesised("aws", **given)
    opened = {
        rule["FromPort"]
        for rule in stack.properties("AWS::EC2::SecurityGroupIngress")
        if rule["GroupId"] == "sg-1"
    }
    left = {
        rule["FromPort"]
        for rule in stack.properties("AWS::EC2::SecurityGroupEgress")
        if rule["DestinationSecurityGroupId"] == "sg-1"
    }
    assert (opened, left) == (ports, ports)


def test_a_port_that_is_no_number_is_named_without_its_url():
    given = GIVEN_DATABASE | {"databaseUrl": "postgresql://app:secret@db.example:x/y"}
    with pytest.raises(ConfigError, match=r"^databaseUrl: its port") as told:
        config_of("aws", **given)
    assert "secret" not in str(told.value)


def test_user_pool_exists_only_without_an_issuer(synthesised):
    made = synthesised("aws")
    assert only(made, "AWS::Cognito::UserPool")["MfaConfiguration"] == "ON"
    given = synthesised(
        "aws",
        oidcIssuer="https://issuer.example/",
        oidcAudience="exports",
        oidcJwksUrl="https://issuer.example/jwks.json",
    )
    assert given.resources("AWS::Cognito::UserPool") == []
    variables = given.functions["authorize"]["Properties"]["Environment"]["Variables"]
    assert variables["OIDC_ISSUER"] == "https://issuer.example/"


def test_firewall_lets_a_hundred_watchers_share_an_address(synthesised):
    stack = synthesised("aws")
    limits = [
        rule["Statement"]["RateBasedStatement"]
        for rule in only(stack, "AWS::WAFv2::WebACL")["Rules"]
        if "RateBasedStatement" in rule["Statement"]
    ]
    by_key = {limit["AggregateKeyType"]: limit["Limit"] for limit in limits}
    watching = 5 * 60
    assert by_key == {"IP": 100 * watching, "CUSTOM_KEYS": 10 * watching}
    guide = (ROOT / "docs" / "deploy.md").read_text()
    assert f"{watching} requests in five minutes" in guide
    assert all(f"| {limit:,} |" in guide for limit in by_key.values())
    # The API's own throttle holds for everybody together.
    assert by_key["IP"] <= stack.config.throttling_rate * 5 * 60 / 2


def test_firewall_counts_callers_by_their_token(synthesised):
    rules = only(synthesised("aws"), "AWS::WAFv2::WebACL")["Rules"]
    (callers,) = (rule for rule in rules if rule["Name"] == "BusyCallers")
    (key,) = callers["Statement"]["RateBasedStatement"]["CustomKeys"]
    assert key["Header"]["Name"] == "authorization"
    assert "Block" in callers["Action"]
    priorities = [rule["Priority"] for rule in rules]
    assert sorted(priorities) == list(range(len(rules)))


def test_firewall_keeps_no_token(synthesised):
    logging = only(synthesised("aws"), "AWS::WAFv2::LoggingConfiguration")
    redacted = [{"SingleHeader": {"Name": "authorization"}}]
    assert logging["RedactedFields"] == redacted


def test_cache_keeps_only_the_description(synthesised):
    stage = only(synthesised("aws"), "AWS::ApiGateway::Stage")
    kept = {s["ResourcePath"]: s["CacheTtlInSeconds"] for s in stage["MethodSettings"]}
    assert kept == {"/*": 0, "/~1api~1openapi.json": 300}


def test_cache_keeps_one_description_per_origin(synthesised):
    origin = "method.request.header.Origin"
    keyed = [
        method
        for method in synthesised("aws").properties("AWS::ApiGateway::Method")
        if method.get("Integration", {}).get("CacheKeyParameters")
    ]
    (described,) = keyed
    assert described["Integration"]["CacheKeyParameters"] == [origin]
    assert described["RequestParameters"] == {origin: False}


def test_configured_origins_read_answers_and_refusals(synthesised):
    stack = synthesised("aws", corsOrigins="https://app.example")
    preflights = [
        m
        for m in stack.properties("AWS::ApiGateway::Method")
        if m["HttpMethod"] == "OPTIONS"
    ]
    assert preflights
    assert "https://app.example" in json.dumps(preflights)
    for refusal in stack.properties("AWS::ApiGateway::GatewayResponse"):
        assert (
            "gatewayresponse.header.Access-Control-Allow-Origin"
            in refusal["ResponseParameters"]
        )
    variables = stack.functions["http_api"]["Properties"]["Environment"]["Variables"]
    assert variables["CORS_ORIGINS"] == "https://app.example"


def test_every_alarm_is_in_the_runbook_and_reaches_the_topic(synthesised):
    stack = synthesised("aws")
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    sections = re.findall(r"^## (\w+)$", runbook, re.MULTILINE)
    alarms = stack.properties("AWS::CloudWatch::Alarm")
    named = {re.search(r"runbook.md, (\w+)", a["AlarmDescription"])[1] for a in alarms}
    assert named <= set(sections)
    topics = {stack.logical_id(topic) for topic in stack.resources("AWS::SNS::Topic")}
    for alarm in alarms:
        (action,) = alarm["AlarmActions"]
        assert action["Ref"] in topics
        assert alarm["OKActions"] == alarm["AlarmActions"]


def test_everything_is_encrypted_with_our_key(synthesised):
    stack = synthesised("aws")
    for group in stack.properties("AWS::Logs::LogGroup"):
        assert "KmsKeyId" in group
    for queue in stack.properties("AWS::SQS::Queue"):
        assert "KmsMasterKeyId" in queue
    for topic in stack.properties("AWS::SNS::Topic"):
        assert "KmsMasterKeyId" in topic


def test_every_function_reads_its_encrypted_variables(synthesised):
    stack = synthesised("aws")
    context = "kms:EncryptionContext:aws:lambda:FunctionArn"
    readers = [
        reader["Fn::GetAtt"][0]
        for statement in only(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if context in statement.get("Condition", {}).get("ArnLike", {})
        for reader in statement["Principal"]["AWS"]
    ]
    roles = [f["Properties"]["Role"]["Fn::GetAtt"][0] for f in stack.functions.values()]
    assert sorted(readers) == sorted(roles)


def test_mail_events_come_back_through_topic_and_queue(synthesised):
    stack = synthesised("aws")
    destination = only(stack, "AWS::SES::ConfigurationSetEventDestination")
    told = destination["EventDestination"]["MatchingEventTypes"]
    assert {"delivery", "bounce", "complaint", "reject"} <= {t.lower() for t in told}
    queues = [
        s for s in stack.properties("AWS::SNS::Subscription") if s["Protocol"] == "sqs"
    ]
    (subscription,) = queues
    assert subscription["RawMessageDelivery"] is True
    assert subscription["RedrivePolicy"]["deadLetterTargetArn"]
    (configured,) = stack.properties("AWS::SES::ConfigurationSet")
    assert configured["SuppressionOptions"]["SuppressedReasons"]
