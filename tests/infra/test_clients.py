"""The network has room, and a person has a way into the database."""

import ipaddress
import re

from tests.infra.resolved import Resolved
from tests.infra.stacks import OVERRIDDEN, ROOT


def only(stack, type_):
    (found,) = stack.resources(f"AWS::{type_}")
    return found


def rules(stack, direction, peer):
    return {
        (rule["GroupId"], rule[peer], rule["FromPort"])
        for rule in Resolved(stack).of(
            stack.properties(f"AWS::EC2::SecurityGroup{direction}")
        )
        if peer in rule
    }


def output(stack, name):
    return Resolved(stack).of(stack.template["Outputs"][name]["Value"])


def test_subnets_leave_room_in_the_network(synthesised):
    stack = synthesised("aws")
    network = ipaddress.ip_network(only(stack, "EC2::VPC")["Properties"]["CidrBlock"])
    subnets = [
        ipaddress.ip_network(subnet["CidrBlock"])
        for subnet in stack.properties("AWS::EC2::Subnet")
    ]
    assert all(subnet.subnet_of(network) for subnet in subnets)
    taken = sum(subnet.num_addresses for subnet in subnets)
    assert taken < network.num_addresses / 100


def test_a_shell_in_the_network_reaches_the_database_and_nothing_else(synthesised):
    stack = synthesised("aws")
    database = only(stack, "RDS::DBInstance")["Properties"]
    (database_group,) = Resolved(stack).of(database["VPCSecurityGroups"])
    shell = output(stack, "DatabaseShellGroupId")
    port = int(database["Port"])
    left = rules(stack, "Egress", "DestinationSecurityGroupId")
    assert {rule for rule in left if rule[0] == shell} == {
        (shell, database_group, port)
    }
    entered = rules(stack, "Ingress", "SourceSecurityGroupId")
    assert {rule for rule in entered if rule[1] == shell} == {
        (database_group, shell, port)
    }
    assert output(stack, "DatabaseShellVpcId") == stack.logical_id(
        only(stack, "EC2::VPC")
    )


def test_the_shells_command_signs_in_as_the_owner_without_a_password(synthesised):
    stack = synthesised("aws")
    instance = stack.logical_id(only(stack, "RDS::DBInstance"))
    command = output(stack, "DatabaseShellCommand")
    host = f"{instance}.Endpoint.Address"
    owner = stack.functions["migrate_database"]["Properties"]["Environment"]
    url = Resolved(stack).of(owner["Variables"]["OWNER_DATABASE_URL"])
    user, port, name = re.fullmatch(
        rf"postgresql://(\w+)@{re.escape(host)}:(\d+)/(\w+)", url
    ).groups()
    assert f"--hostname {host} --port {port} --username {user})" in command
    assert f"host={host} port={port} user={user} dbname={name} sslmode=" in command


def test_configured_groups_may_connect(synthesised):
    stack = synthesised("aws", **OVERRIDDEN)
    database = only(stack, "RDS::DBInstance")["Properties"]
    (group,) = Resolved(stack).of(database["VPCSecurityGroups"])
    clients = {
        rule
        for rule in rules(stack, "Ingress", "SourceSecurityGroupId")
        if rule[1].startswith("sg-")
    }
    port = int(database["Port"])
    assert clients == {(group, "sg-8", port), (group, "sg-9", port)}
    assert "sg-8" not in str(stack.properties("AWS::EC2::SecurityGroupEgress"))


def test_guide_names_every_output_that_leads_into_the_database(synthesised):
    guide = (ROOT / "docs" / "deploy.md").read_text()
    for name in synthesised("aws").template["Outputs"]:
        if name.startswith("Database"):
            assert f"`{name}`" in guide
