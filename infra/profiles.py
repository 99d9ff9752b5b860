"""How much of an account a stage takes: two profiles, and what overrides them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from infra.config import ConfigError, DatabaseSize
from infra.instance_classes import instance_class
from infra.lambdas import LAMBDAS
from infra.values import Values, one_of, positive, yes

# The share of the database's connections that functions may take: the rest is for
# people, migrations and RDS itself. A proxy gets no more either.
USABLE = 0.9


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Everything that costs by the hour, and what depends on it."""

    database_class: str
    storage_gb: int
    multi_az: bool
    proxy: bool
    endpoint_zones: int
    api_cache: bool
    firewall: bool
    snap_start: bool
    small_functions: bool
    max_running_exports: int

    def database_size(self) -> DatabaseSize:
        """Return the size of the database that the stack creates."""
        class_ = instance_class(self.database_class)
        return DatabaseSize(
            instance_class=self.database_class,
            storage_gb=self.storage_gb,
            multi_az=self.multi_az,
            proxy=self.proxy,
            vcpus=class_.vcpus,
            max_connections=class_.max_connections,
        )


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "standard": Profile(
            database_class="db.t4g.medium",
            storage_gb=50,
            multi_az=True,
            proxy=True,
            endpoint_zones=2,
            api_cache=True,
            firewall=True,
            snap_start=True,
            small_functions=False,
            max_running_exports=10,
        ),
        "small": Profile(
            database_class="db.t4g.micro",
            storage_gb=20,
            multi_az=False,
            proxy=False,
            endpoint_zones=1,
            api_cache=False,
            firewall=True,
            snap_start=False,
            small_functions=True,
            max_running_exports=3,
        ),
    }
)


def given_profile(values: Values) -> Profile:
    """Return the named profile, with what else the context says."""
    profile = PROFILES[one_of(tuple(PROFILES), values, "profile")]
    zones = values["endpointZones"] or str(profile.endpoint_zones)
    return replace(
        profile,
        database_class=values["databaseClass"] or profile.database_class,
        multi_az=yes(values, "databaseMultiAz", default=profile.multi_az),
        proxy=yes(values, "databaseProxy", default=profile.proxy),
        endpoint_zones=int(
            one_of(("1", "2"), {"endpointZones": zones}, "endpointZones")
        ),
        api_cache=yes(values, "apiCache", default=profile.api_cache),
        firewall=yes(values, "firewall", default=profile.firewall),
        snap_start=yes(values, "snapStart", default=profile.snap_start),
    )


def check_connections(profile: Profile) -> None:
    """Refuse a database that the functions could use up. Raises ``ConfigError``."""
    needed = most_connections(small=profile.small_functions)
    usable = profile.database_size().max_connections * USABLE
    if needed > usable:
        raise ConfigError(
            f"databaseClass={profile.database_class} is too small: the functions open "
            f"up to {needed} connections and may take {usable:.0f} of it. Give a "
            "larger class, or profile=small"
        )


def running_exports(values: Values, profile: Profile) -> int:
    """Return how many exports run at once. Raises ``ConfigError`` beyond the steps'."""
    wanted = positive(values, "maxRunningExports", int)
    most = most_running_exports(small=profile.small_functions)
    if wanted > most:
        raise ConfigError(
            f"maxRunningExports={wanted} is too many: a step may run {most} times at "
            "once, so Lambda would throttle the other exports. Give a smaller number, "
            "or raise the concurrency of the steps in infra/lambdas.py"
        )
    return wanted


def most_running_exports(*, small: bool) -> int:
    """Return how many exports can be in the same step at once."""
    return min(row.reserved(small=small) for row in LAMBDAS if row.states)


def most_connections(*, small: bool) -> int:
    """Return how many connections all functions together open at most."""
    return sum(
        row.reserved(small=small) * row.connections
        for row in LAMBDAS
        if row.connects_as
    )
