"""What wakes the sweep."""

ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


def rules(stack):
    return stack.properties("AWS::Events::Rule")


def test_sweep_runs_every_minute(stack):
    (sweep,) = (rule for rule in rules(stack) if "ScheduleExpression" in rule)
    assert sweep["ScheduleExpression"] == "rate(1 minute)"
    assert sweep["State"] == "ENABLED"


def test_every_end_of_this_machines_executions_is_heard(stack):
    (ended,) = (rule for rule in rules(stack) if "EventPattern" in rule)
    (machine,) = stack.resources("AWS::StepFunctions::StateMachine")
    pattern = ended["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]["status"]) == ENDED
    arn = {"Ref": stack.logical_id(machine)}
    assert pattern["detail"]["stateMachineArn"] == [arn]


def test_both_wake_reconcile_runs_with_the_whole_event(stack):
    reconcile_runs = stack.logical_id(stack.functions["reconcile_runs"])
    for rule in rules(stack):
        (target,) = rule["Targets"]
        assert target["Arn"] == {"Fn::GetAtt": [reconcile_runs, "Arn"]}
        assert not {"Input", "InputPath", "InputTransformer"} & set(target)
