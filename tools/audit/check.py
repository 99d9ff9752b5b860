"""Checks the chain of an organisation against itself, its lane and the digests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from invoice_export.domain.audit_chain import (
    Chain,
    ChainedRecord,
    Finding,
    Kind,
    beginning,
)
from invoice_export.domain.chain_heads import Head


def check_organization(
    organization_id: str,
    records: Iterable[ChainedRecord],
    head: Head | None,
    digests: Mapping[str, Head],
) -> tuple[Head | None, list[Finding]]:
    """Return the newest record and what is wrong.

    ``head`` is what the lane says is the newest record, and ``digests`` what the
    digests said at their time, by name, oldest first.
    """
    chain = Chain(follows=beginning(organization_id))
    chain.walk(records, keep=[said.seq for said in digests.values()])
    found = chain.findings()
    if not found:
        # Within the chain all fits: what fits no longer is the chain as a whole.
        found += _against_lane(chain.head, head)
    found += _against_digests(chain, digests)
    return chain.head, found


def check_part(
    organization_id: str | None,
    records: Sequence[ChainedRecord],
    digests: Mapping[str, Head],
    *,
    filtered: bool,
) -> list[Finding]:
    """Return what is wrong with a part of a chain.

    A filtered part has gaps, and proves each record by itself. Without the organisation
    nobody can tell whose chain it is.
    """
    whole = organization_id is not None and records and records[0].seq == 1
    chain = Chain(follows=beginning(organization_id or "") if whole else None)
    there = {record.seq for record in records}
    said = {name: head for name, head in digests.items() if head.seq in there}
    chain.walk(records, keep=[head.seq for head in said.values()])
    found = [*chain.findings(), *_against_digests(chain, said)]
    return [each for each in found if not (filtered and each.kind is Kind.MISSING)]


def _against_lane(last: Head | None, head: Head | None) -> Iterator[Finding]:
    stands, said = (last.seq if last else 0), (head.seq if head else 0)
    if stands < said:
        text = f"the lane counts {said} records, and the last is record {stands}"
        yield Finding(Kind.MISSING, text)
    elif stands > said:
        text = f"the lane counts {said} records, and the last is record {stands}"
        yield Finding(Kind.ADDED, text)
    elif last != head:
        text = f"record {stands} is another one than the lane says"
        yield Finding(Kind.REWRITTEN, text)


def _against_digests(chain: Chain, digests: Mapping[str, Head]) -> Iterator[Finding]:
    """Report the oldest digest that disagrees; the later ones repeat it."""
    for name, said in digests.items():
        there = chain.hashes.get(said.seq)
        if there is None:
            text = f"record {said.seq} is missing, and digest {name} has it"
            yield Finding(Kind.MISSING, text)
            return
        if there != said.hash:
            text = f"record {said.seq} is another one than in digest {name}"
            yield Finding(Kind.REWRITTEN, text)
            return
