"""The parts of the product that functions use."""

from dataclasses import dataclass

from infra.api import Api
from infra.config import StageConfig
from infra.database import Database
from infra.files import Files
from infra.identity import Identity
from infra.mail import Mail
from infra.outbound import Outbound
from infra.queues import Queues
from infra.workflow import Workflow


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a row of ``lambdas.py`` may refer to."""

    config: StageConfig
    database: Database
    files: Files
    identity: Identity
    workflow: Workflow
    api: Api
    mail: Mail
    outbound: Outbound
    queues: Queues
