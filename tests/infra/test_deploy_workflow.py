"""The workflow that deploys, the roles that it takes, and the order of its steps."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from tests.infra.stacks import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
ROLES = ROOT / "deploy" / "github-roles.yaml"
CDK = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-${Qualifier}-"
HERE = "-${AWS::AccountId}-${AWS::Region}"
COMMIT = re.compile(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}")


@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())["jobs"]


@pytest.fixture(scope="module")
def template():
    return yaml.safe_load(ROLES.read_text())


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_staging_and_a_comparison_come_before_production(jobs):
    assert "needs" not in jobs["staging"]
    assert jobs["review"]["needs"] == "staging"
    assert jobs["production"]["needs"] == "review"
    assert "make diff" in commands(jobs["review"])[0]
    for name in ("staging", "production"):
        assert jobs[name]["environment"] == name
        assert commands(jobs[name])[0] == ".ci/deploy"


def test_a_job_may_read_the_code_and_prove_its_name(jobs):
    workflow = yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())
    assert workflow["permissions"] == {}
    for job in jobs.values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}


def test_actions_are_pinned_by_commit():
    for file in WORKFLOWS.glob("*.yml"):
        for used in re.findall(r"uses: (\S+)", file.read_text()):
            assert COMMIT.fullmatch(used), used


@pytest.mark.parametrize(
    ("role", "suffix", "becomes"),
    [
        ("Deploy", "", ["deploy-role", "file-publishing-role", "lookup-role"]),
        ("Review", "-review", ["lookup-role"]),
    ],
)
def test_a_role_becomes_cdks_roles_for_one_environment_only(
    template, role, suffix, becomes
):
    properties = template["Resources"][role]["Properties"]
    (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
    github = "token.actions.githubusercontent.com"
    assert trust["Condition"] == {
        "StringEquals": {
            f"{github}:aud": "sts.amazonaws.com",
            f"{github}:sub": {
                "Fn::Sub": f"repo:${{Repository}}:environment:${{Environment}}{suffix}"
            },
        }
    }
    assert "ManagedPolicyArns" not in properties
    (policy,) = properties["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    resources = statement["Resource"]
    resources = resources if isinstance(resources, list) else [resources]
    assert statement["Action"] == "sts:AssumeRole"
    assert [r["Fn::Sub"] for r in resources] == [
        f"{CDK}{name}{HERE}" for name in becomes
    ]


def test_environments_in_a_name_cannot_widen_the_trust(template):
    for name in ("Repository", "Environment"):
        allowed = template["Parameters"][name]["AllowedPattern"]
        for wide in ("*", "owner/*", "a:b", "a?", ""):
            assert not re.fullmatch(allowed, wide)
    assert re.fullmatch(template["Parameters"]["Repository"]["AllowedPattern"], "o/r.s")


# Stand-ins note how they were called; the token endpoint answers with a token.
MAKE = """#!/bin/sh
echo "make $1 API=$API TOKEN=$TOKEN" >> "$CALLS"
[ "$1" = smoke ] && exit 0
echo "$2" >> "$CALLS"
echo '{"InvoiceExport-x": {"ApiUrl": "https://api.example/v1", "Other": "1"}}' \
  > "${2##* }"
[ -z "$BROKEN" ]
"""
CURL = """#!/bin/sh
echo "curl $*" >> "$CALLS"
[ "$(cat)" = "client_secret=hidden" ] && echo '{"access_token": "t"}'
"""


@pytest.fixture
def deploy(tmp_path):
    if shutil.which("jq") is None:
        pytest.skip("jq is missing; GitHub's runners have it")
    for name, text in (("make", MAKE), ("curl", CURL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    calls = tmp_path / "calls"

    def run(**environment):
        done = subprocess.run(
            [ROOT / ".ci" / "deploy"],
            env={
                "PATH": f"{tmp_path}:{os.environ['PATH']}",
                "CALLS": str(calls),
                "CONTEXT": "-c alarmEmail=ops@example.com",
                "SMOKE_TOKEN_URL": "https://issuer.example/token",
                "SMOKE_TOKEN_REQUEST": "client_secret=hidden",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, calls.read_text().splitlines()

    return run


def test_a_deployment_ends_with_an_export_at_its_own_address(deploy):
    code, (deployed, context, asked, smoked) = deploy()
    assert code == 0
    assert deployed.startswith("make deploy ")
    assert context.startswith("CONTEXT=-c alarmEmail=ops@example.com --require-app")
    assert asked.endswith("--data @- https://issuer.example/token")
    assert "hidden" not in asked
    assert smoked == "make smoke API=https://api.example/v1 TOKEN=t"


def test_a_failed_deployment_makes_no_export(deploy):
    code, calls = deploy(BROKEN="yes")
    assert code != 0
    assert not [call for call in calls if "smoke" in call]


def test_the_examples_of_the_guide_are_parameters_and_variables(jobs, template):
    guide = (ROOT / "docs" / "deploy.md").read_text()
    section = guide.partition("## From GitHub")[2].partition("\n## ")[0]
    for name in re.findall(r"(\w+)=", section.partition("--parameter-overrides")[2]):
        if name[0].isupper() and not name.isupper():
            assert name in template["Parameters"]
    used = set(re.findall(r"(?:vars|secrets)\.(\w+)", json.dumps(jobs)))
    assert used == {
        *("ROLE", "REGION", "CONTEXT"),
        *("SMOKE_TOKEN_URL", "SMOKE_TOKEN_REQUEST"),
    }
    for name in used:
        assert f"`{name}`" in section
