"""The profiles: what they leave out, and that functions fit their databases."""

import re

import pytest

from infra.config import ConfigError
from infra.instance_classes import instance_class
from infra.profiles import PROFILES
from tests.infra.stacks import GIVEN_DATABASE, OVERRIDDEN, ROOT, ROWS, config_of

PAID_BY_THE_HOUR = {
    "RDS::DBProxy": (1, 0),
    "RDS::DBInstance": (1, 1),
    "WAFv2::WebACL": (1, 1),
    "EC2::NatGateway": (0, 0),
}


def only(stack, type_):
    (found,) = stack.properties(f"AWS::{type_}")
    return found


def addresses(stack):
    """Return how many zones each service has an endpoint in."""
    return {
        len(endpoint["SubnetIds"])
        for endpoint in stack.properties("AWS::EC2::VPCEndpoint")
        if endpoint["VpcEndpointType"] == "Interface"
    }


@pytest.fixture
def by_profile(synthesised):
    return {
        # Without its name, as all other tests synthesise it.
        "standard": synthesised("aws"),
        "small": synthesised("aws", profile="small"),
    }


@pytest.fixture(params=PROFILES)
def sized(request, by_profile):
    return by_profile[request.param]


def test_small_leaves_out_what_costs_by_the_hour(by_profile):
    standard, small = by_profile.values()
    assert {
        type_: tuple(len(s.resources(f"AWS::{type_}")) for s in (standard, small))
        for type_ in PAID_BY_THE_HOUR
    } == PAID_BY_THE_HOUR
    assert (addresses(standard), addresses(small)) == ({2}, {1})
    database = only(small, "RDS::DBInstance")
    assert database["MultiAZ"] is False
    assert database["DBInstanceClass"] == "db.t4g.micro"
    stage = only(small, "ApiGateway::Stage")
    assert "CacheClusterEnabled" not in stage
    assert not any(s.get("CachingEnabled") for s in stage["MethodSettings"])


def test_standard_is_what_a_stage_without_a_profile_is():
    assert config_of("aws") == config_of("aws", profile="standard")


def test_each_value_of_a_profile_can_be_overridden(synthesised):
    stack = synthesised("aws", **OVERRIDDEN)
    database = only(stack, "RDS::DBInstance")
    assert database["DBInstanceClass"] == "db.m8g.large"
    assert database["MultiAZ"] is True
    assert addresses(stack) == {2}
    assert only(stack, "ApiGateway::Stage")["CacheClusterEnabled"] is True
    assert only(stack, "RDS::DBProxy")
    assert stack.resources("AWS::WAFv2::WebACL") == []


def test_without_a_proxy_functions_sign_in_to_the_instance(synthesised):
    stack = synthesised("aws", profile="small")
    id_ = stack.logical_id(stack.resources("AWS::RDS::DBInstance")[0])
    variables = stack.functions["http_api"]["Properties"]["Environment"]["Variables"]
    scheme, host, rest = variables["DATABASE_URL"]["Fn::Join"][1]
    assert scheme == "postgresql://invoice_export_app@"
    assert host == {"Fn::GetAtt": [id_, "Endpoint.Address"]}
    port = only(stack, "RDS::DBInstance")["Port"]
    assert rest == f":{port}/invoice_export"
    opened = {
        rule["FromPort"]
        for rule in stack.properties("AWS::EC2::SecurityGroupIngress")
        if rule["FromPort"] != 443
    }
    assert opened == {int(port)}
    names = {
        json_name
        for policy in stack.properties("AWS::IAM::ManagedPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "rds-db:connect"
        for json_name in re.findall(r"DbiResourceId|prx", str(statement["Resource"]))
    }
    assert names == {"DbiResourceId"}


def test_connections_of_all_functions_fit_the_database(sized):
    """As many as run at once, whether or not a proxy could share connections."""
    opened = sum(
        stack_function["Properties"]["ReservedConcurrentExecutions"]
        * ROWS[name].connections
        for name, stack_function in sized.functions.items()
        if ROWS[name].connects_as
    )
    parameters = only(sized, "RDS::DBParameterGroup")["Parameters"]
    assert opened <= int(parameters["max_connections"]) * 0.9
    account = sized.config.account
    assert account.database_size.max_connections == int(parameters["max_connections"])


def test_a_database_that_the_functions_could_use_up_is_refused():
    with pytest.raises(ConfigError, match=r"up to 328 connections and may take 90"):
        config_of("aws", databaseClass="db.t4g.micro")
    # What is not ours has its own limits.
    config_of("aws", databaseClass="db.t4g.micro", **GIVEN_DATABASE)


def test_every_running_export_finds_its_functions_free(sized):
    config = sized.config
    reserved = {
        name: function["Properties"]["ReservedConcurrentExecutions"]
        for name, function in sized.functions.items()
    }
    assert reserved["plan_pages"] >= config.max_running_exports
    assert reserved["compose_file"] >= config.max_running_exports
    # Two workers write for each vCPU.
    pages = config.max_running_exports * 2 * config.database_vcpus
    assert reserved["write_page"] >= pages


@pytest.mark.parametrize(("profile", "most"), [("standard", 10), ("small", 3)])
def test_more_running_exports_than_a_step_may_serve_are_refused(profile, most):
    config = config_of("aws", profile=profile, maxRunningExports=str(most))
    assert config.max_running_exports == most
    told = f"maxRunningExports={most + 1} is too many: a step may run {most} times"
    with pytest.raises(ConfigError, match=told):
        config_of("aws", profile=profile, maxRunningExports=str(most + 1))


def test_concurrency_of_all_fits_an_account_as_the_guide_says(by_profile):
    guide = (ROOT / "docs" / "deploy.md").read_text()
    for name, stack in by_profile.items():
        reserved = sum(
            function["ReservedConcurrentExecutions"]
            for function in stack.properties("AWS::Lambda::Function")
        )
        promised, account = (
            int(number)
            for number in re.search(
                rf"`{name}` reserves up to (\d+) executions and needs (\d+)", guide
            ).groups()
        )
        assert promised - 50 < reserved <= promised
        # Lambda requires a hundred unreserved executions.
        assert account == promised + 100


@pytest.mark.parametrize(
    ("name", "vcpus", "connections"),
    [
        ("db.t4g.micro", 2, 100),
        ("db.t4g.medium", 2, 400),
        ("db.t4g.large", 2, 800),
        ("db.m7g.large", 2, 800),
        ("db.m7g.xlarge", 4, 1600),
        ("db.r8g.2xlarge", 8, 5000),
    ],
)
def test_a_class_says_what_it_has(name, vcpus, connections):
    known = instance_class(name)
    assert (known.vcpus, known.max_connections) == (vcpus, connections)


@pytest.mark.parametrize("name", ["db.x2g.large", "t4g.micro", "db.m7g.small", "db"])
def test_an_unknown_class_is_refused(name):
    with pytest.raises(ConfigError, match=f"databaseClass={name} is unknown"):
        config_of("aws", databaseClass=name)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"profile": "tiny"}, "give standard or small"),
        ({"databaseProxy": "no"}, "databaseProxy=no is unknown: give true or false"),
        ({"endpointZones": "3"}, "endpointZones=3 is unknown: give 1 or 2"),
    ],
)
def test_a_value_that_a_profile_cannot_have_is_refused(given, told):
    with pytest.raises(ConfigError, match=told):
        config_of("aws", **given)


def test_a_class_sets_how_many_pages_are_written_at_a_time():
    assert config_of("aws", databaseClass="db.m7g.2xlarge").database_vcpus == 8
    given = config_of("aws", databaseClass="db.m7g.2xlarge", **GIVEN_DATABASE)
    assert given.database_vcpus == 2
