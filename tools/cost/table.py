"""The bills of several stages as one table in Markdown."""

from collections.abc import Mapping

from tools.cost.bill import Bill, Template, prices


def table(templates: Mapping[str, Template]) -> str:
    """Return a column for each template, and a row for each thing that costs."""
    bills = [Bill(template).lines() for template in templates.values()]
    rows = [
        [what, *(f"${bill[what]:,.2f}" if bill[what] else "-" for bill in bills)]
        for what in bills[0]
        if any(bill[what] for bill in bills)
    ]
    total = ["**together**", *(f"**${sum(bill.values()):,.2f}**" for bill in bills)]
    head = [f"{prices()['region']}, {prices()['date']}", *templates]
    lines = [head, ["---"] + ["---:"] * len(bills), *rows, total]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
