"""The rules that invoke functions."""

from infra.triggers import ExecutionEnded, Schedule
from tests.infra.stacks import triggers

ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


def invoking(stack):
    """Yield each rule that invokes a function, with its target and the function."""
    names = {stack.logical_id(found): name for name, found in stack.functions.items()}
    for rule in stack.properties("AWS::Events::Rule"):
        (target,) = rule["Targets"]
        called = stack.called(target["Arn"])
        if called in names:
            yield rule, target, names[called]


def rules(stack, key):
    """Return the rules with this property, keyed by the function they invoke."""
    return {name: rule for rule, _, name in invoking(stack) if key in rule}


def test_every_schedule_of_the_table_is_a_rule(stack):
    scheduled = rules(stack, "ScheduleExpression")
    assert set(scheduled) == {name for name, _ in triggers(Schedule)}
    assert {rule["State"] for rule in scheduled.values()} == {"ENABLED"}


def test_sweep_runs_every_minute(stack):
    sweep = rules(stack, "ScheduleExpression")["reconcile_runs"]
    assert sweep["ScheduleExpression"] == "rate(1 minute)"


def test_sweep_hears_of_every_ended_execution_of_this_machine(stack):
    ended = rules(stack, "EventPattern")
    assert set(ended) == {name for name, _ in triggers(ExecutionEnded)}
    pattern = ended["reconcile_runs"]["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]["status"]) == ENDED
    (machine,) = stack.resources("AWS::StepFunctions::StateMachine")
    arn = {"Ref": stack.logical_id(machine)}
    assert pattern["detail"]["stateMachineArn"] == [arn]


def test_rules_pass_the_whole_event(stack):
    for _, target, _ in invoking(stack):
        assert not {"Input", "InputPath", "InputTransformer"} & set(target)
