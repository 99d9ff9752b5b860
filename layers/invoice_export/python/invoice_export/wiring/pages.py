"""Creates the policy of pages."""

from invoice_export.settings import PageSettings
from invoice_export.steps.plan_pages import PagePolicy


def make_page_policy(settings: PageSettings) -> PagePolicy:
    """Return the stage's policy, which plans and estimates go by."""
    return PagePolicy(
        min_rows=settings.min_page_rows,
        max_rows=settings.max_page_rows,
        database_vcpus=settings.database_vcpus,
    )
