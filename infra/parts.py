"""The parts of the product."""

from dataclasses import dataclass

from infra.api import Api
from infra.config import StageConfig
from infra.functions import Functions
from infra.queues import Queues
from infra.workflow import Workflow


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that a stage has built."""

    config: StageConfig
    queues: Queues
    functions: Functions
    workflow: Workflow
    api: Api
