"""Renders the e-mails, as text and as HTML with the same words.

Jinja loads with the first e-mail: most calls of the sweep render none.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from invoice_export.adapters.mail import Message
from invoice_export.domain.dataset import Words
from invoice_export.domain.emails import EmailKind

if TYPE_CHECKING:
    from jinja2 import Environment

SUBJECTS = {
    EmailKind.COMPLETED: "Your {one} export for {organization} is ready",
    EmailKind.FAILED: "Your {one} export for {organization} did not finish",
}


@cache
def _environment() -> "Environment":
    jinja = import_module("jinja2")
    environment: Environment = jinja.Environment(
        loader=jinja.PackageLoader("invoice_export", "templates"),
        autoescape=jinja.select_autoescape(["html.j2"]),
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment


def render(
    kind: EmailKind,
    dataset: Words,
    *,
    to: str,
    organization_name: str,
    **words: Any,
) -> Message:
    """Return the message of this kind; names are escaped in HTML, never in text."""
    environment = _environment()
    words |= {"organization": organization_name, "dataset": dataset}
    # A line break in a name must not start another header.
    one_line = " ".join(organization_name.split())
    return Message(
        to=to,
        subject=SUBJECTS[kind].format(one=dataset.one, organization=one_line),
        text=environment.get_template(f"{kind.value}.txt.j2").render(words),
        html=environment.get_template(f"{kind.value}.html.j2").render(words),
    )
