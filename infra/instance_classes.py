"""What a class of RDS instance has.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
"""

import re
from dataclasses import dataclass

from infra.config import ConfigError

CLASS = re.compile(r"db\.([a-z])\d+[a-z]*\.(micro|small|medium|large|(\d*)xlarge)")
# GiB for each vCPU from large on. The smaller ones are all burstable, with two vCPUs.
MEMORY_PER_VCPU = {"t": 4, "m": 4, "r": 8}
BURSTABLE_GB = {"micro": 1, "small": 2, "medium": 4}
# RDS's own formula gives 112, less what the system takes; its limit is 5,000 as well.
CONNECTIONS_PER_GB, MOST_CONNECTIONS = 100, 5000


@dataclass(frozen=True, kw_only=True)
class InstanceClass:
    """One size of one family."""

    vcpus: int
    memory_gb: int

    @property
    def max_connections(self) -> int:
        """Return how many connections its memory has room for."""
        return min(self.memory_gb * CONNECTIONS_PER_GB, MOST_CONNECTIONS)


def instance_class(name: str) -> InstanceClass:
    """Return what ``db.t4g.medium`` has. Raises ``ConfigError`` for unknown ones."""
    known = CLASS.fullmatch(name)
    family, size, times = known.groups() if known else ("", "", "")
    if family == "t" and size in BURSTABLE_GB:
        return InstanceClass(vcpus=2, memory_gb=BURSTABLE_GB[size])
    if family not in MEMORY_PER_VCPU or size in BURSTABLE_GB:
        raise ConfigError(
            f"databaseClass={name} is unknown: give a class of the families t, m or r, "
            "such as db.t4g.medium or db.r8g.2xlarge"
        )
    vcpus = 2 if size == "large" else 4 * int(times or 1)
    return InstanceClass(vcpus=vcpus, memory_gb=vcpus * MEMORY_PER_VCPU[family])
