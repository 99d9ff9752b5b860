"""Whose invoices they are: two organisations never become one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.errors import LaptopError
from local.loader.organizations import fold, id_for
from local.loader.problems import CsvError
from local.tenancy import act_for
from tests.local.reading import rows

HEADER = "number,customer,total,date,Organisation\n"
LONG = "x" * 60


def file_of(*names):
    return HEADER + "".join(
        f'{n},a,1,2024-01-01,"{name}"\n' for n, name in enumerate(names)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH", "Möller GmbH"),
        ("A+B", "A B"),
        (LONG + "1", LONG + "2"),
        ("北京", "東京"),
        ("!", "?"),
        ("user", "org_user"),
    ],
)
def test_two_names_are_two_organisations(load_text, stored, one, other):
    loaded = load_text(file_of(one, other), organization_column="Organisation")
    ids = {one.organization_id for one in loaded.organizations}
    members = {one.member for one in loaded.organizations}
    assert (len(ids), len(members)) == (2, 2)
    for organization in ids:
        assert re.fullmatch("[A-Za-z0-9_-]{1,64}", organization)
        assert len(stored("number", organization)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "ACME"),
        ("Acme", "Acme "),
        ("A B", "A\u00a0 B"),
        ("M\u00fcller", "Mu\u0308ller"),
        ("Acme", "Ac\u200bme"),
        ("Stra\u00dfe", "STRASSE"),
        ("\ufb01rm", "firm"),
    ],
)
def test_spellings_of_one_name_are_refused_with_both(one, other):
    with pytest.raises(CsvError) as told:
        rows(file_of(one, other), organization_column="organisation")
    assert repr(one) in str(told.value)
    assert repr(other) in str(told.value)
    assert "line 3" in str(told.value)
    ids = {one: "org_a", other: "org_a"}
    found = rows(
        file_of(one, other), organization_column="organisation", organization_ids=ids
    )
    assert {row.organization_id for row in found} == {"org_a"}


@given(st.text(min_size=1), st.text(min_size=1))
def test_names_that_differ_have_ids_that_differ(one, other):
    assert re.fullmatch("[A-Za-z0-9_-]{1,64}", id_for(one))
    assert (id_for(one) == id_for(other)) == (fold(one) == fold(other))


def test_names_without_a_plain_letter_have_ids_that_differ():
    assert len({id_for("!" * length) for length in range(1, 1_001)}) == 1_000


def test_same_name_in_a_later_file_is_the_same_organisation(load_text):
    first = load_text(file_of("Acme Ltd"), organization_column="organisation")
    again = load_text(file_of("Acme Ltd"), organization_column="organisation")
    (one,), (other,) = first.organizations, again.organizations
    assert one.organization_id == other.organization_id
    assert (one.is_new, other.is_new, other.unchanged) == (True, False, 1)


def test_other_spelling_in_a_later_file_is_refused_with_both(load_text):
    (made,) = load_text(
        file_of("Acme Ltd"), organization_column="organisation"
    ).organizations
    with pytest.raises(LaptopError) as told:
        load_text(file_of("ACME LTD"), organization_column="organisation")
    assert "'ACME LTD' in the file may be the existing organisation 'Acme Ltd'" in str(
        told.value
    )
    assert f'--org "ACME LTD={made.organization_id}"' in str(told.value)
    (joined,) = load_text(
        file_of("ACME LTD"),
        organization_column="organisation",
        organization_ids={"ACME LTD": made.organization_id},
    ).organizations
    assert joined.organization_id == made.organization_id


def test_existing_organisation_is_joined_only_where_its_id_is_named(load_text, stored):
    before = len(stored("id", "org_acme"))
    for name in ("Acme", "Acme Inc.", "org_acme"):
        load_text(file_of(name), organization_column="organisation")
    assert len(stored("id", "org_acme")) == before
    load_text(
        file_of("Acme"),
        organization_column="organisation",
        organization_ids={"Acme": "org_acme"},
    )
    assert len(stored("id", "org_acme")) == before + 1


@pytest.mark.parametrize("name", ["", " ", "\u00a0", "a\0b"])
def test_row_without_an_organisation_is_refused_by_its_line(name):
    with pytest.raises(CsvError, match=r"line 2: '.*' is not the name of an org"):
        rows(file_of(name), organization_column="organisation")


def test_id_for_a_value_that_no_row_has_is_refused(load_text):
    with pytest.raises(LaptopError, match="no row names 'Amce'"):
        load_text(
            file_of("Acme"),
            organization_column="organisation",
            organization_ids={"Amce": "org_x"},
        )


def test_guard_before_a_name_is_no_part_of_it(load_text, owner):
    (one,) = load_text(
        file_of("'+Plus"), organization_column="organisation"
    ).organizations
    with owner.transaction(), owner.cursor() as cursor:
        act_for(cursor, one.organization_id)
        assert cursor.execute("SELECT name FROM organizations").fetchone() == ("+Plus",)


def test_new_organisation_gets_an_owner_of_its_own(load_text, owner):
    text = "number,customer,total,date\n1,a,1,2024-01-01\n"
    # user_alice owns another organisation.
    for organization in ("org_alice", "alice", "x" * 64):
        (loaded,) = load_text(text, organization=organization).organizations
        assert loaded.member != "user_alice"
        assert len(loaded.member) <= 64
        with owner.transaction(), owner.cursor() as cursor:
            act_for(cursor, organization)
            cursor.execute("SELECT user_id, role FROM members")
            assert cursor.fetchall() == [(loaded.member, "owner")]


def test_known_organisation_is_exported_as_somebody_who_may(load_text, owner):
    text = "number,customer,total,date\n1,a,1,2024-01-01\n"
    assert (
        load_text(text, organization="org_acme").organizations[0].member == "user_alice"
    )
    with owner.transaction(), owner.cursor() as cursor:
        act_for(cursor, "org_acme")
        cursor.execute("DELETE FROM members WHERE role = 'owner'")
    assert (
        load_text(text, organization="org_acme").organizations[0].member == "user_bob"
    )
    (made,) = load_text(text).organizations
    assert (made.organization_id, made.member) == ("org_new", "user_new")
    (again,) = load_text(text).organizations
    assert again.member == "user_new"
