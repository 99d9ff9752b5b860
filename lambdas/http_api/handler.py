"""HTTP API: every endpoint, and the inspector's files."""

from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from invoice_export.api.app import build_app
from invoice_export.api.inspector import Site
from invoice_export.api.service import Service
from invoice_export.contracts.inspector import InspectorConfig
from invoice_export.domain.dialects import Preset
from invoice_export.settings import (
    DatabaseSettings,
    FileSettings,
    InspectorSettings,
    Name,
    PageSettings,
    Settings,
    StartSettings,
    TokenSettings,
)
from invoice_export.steps.start_export import LanePolicy
from invoice_export.wiring.database import make_database
from invoice_export.wiring.executions import make_executions
from invoice_export.wiring.files import make_files
from invoice_export.wiring.histories import make_histories
from invoice_export.wiring.pages import make_page_policy
from invoice_export.wiring.tokens import make_token_verifier

INSPECTOR = Path(__file__).parent / "inspector"

logger = Logger()


class HttpApiSettings(Settings):
    """Of this function alone."""

    stage: Name
    cors_origins: str = ""
    default_preset: Preset = Preset.RFC4180

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may call the API."""
        return [origin for origin in self.cors_origins.split(",") if origin]


@cache
def dependencies() -> tuple[APIGatewayRestResolver, Service, Site]:
    settings, starts = HttpApiSettings.read(), StartSettings.read()
    kept, tokens = FileSettings.read(), TokenSettings.read()
    service = Service(
        db=make_database(DatabaseSettings.read()),
        files=make_files(kept),
        executions=make_executions(
            starts.state_machine_arn, starts.state_machine_alias
        ),
        histories=make_histories(starts.state_machine_arn),
        tokens=make_token_verifier(tokens),
        policy=LanePolicy(
            max_running=starts.max_running_exports,
            max_queued_per_organization=starts.max_queued_per_organization,
            part_retention_days=kept.part_retention_days,
        ),
        pages=make_page_policy(PageSettings.read()),
        preset=settings.default_preset,
    )
    people = InspectorSettings.read()
    site = Site(
        INSPECTOR,
        InspectorConfig(
            stage=settings.stage,
            issuer=tokens.oidc_issuer,
            client_id=people.oidc_client_id or None,
            audience=tokens.oidc_audience,
            scope=people.oidc_scope,
            sign_out_url=people.oidc_sign_out_url or None,
            workshop_url=people.workshop_url or None,
            console_url=people.console_url or None,
        ),
        origins=tuple(people.oidc_origins.split()),
    )
    return build_app(service.db.datasets, settings.origins), service, site


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    app, service, site = dependencies()
    app.append_context(service=service, site=site)
    return app.resolve(event, context)
