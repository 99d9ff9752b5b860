"""One alarm: what it watches, when it rings, and what it says."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

Comparison = cloudwatch.ComparisonOperator
Missing = cloudwatch.TreatMissingData


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """A metric and its threshold, in words that whoever is woken understands."""

    id: str
    metric: cloudwatch.IMetric
    threshold: float
    about: str
    periods: int = 1
    comparison: Comparison = Comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
    missing: Missing = Missing.NOT_BREACHING
