"""Addresses as the post reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.letters.addresses import LINE_LENGTH_WIDEST, LINES_MAX, is_deliverable, postal_lines

TABLE = """
country | posted in | last lines
FR      | FR        | 69003 LYON
FR      | DE        | 69003 LYON / FRANCE
DE      | FR        | 69003 LYON / ALLEMAGNE
DE      | ES        | 69003 LYON / ALEMANIA
GB      | FR        | LYON / 69003 / ROYAUME-UNI
US      | GB        | LYON 69003 / UNITED STATES
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines()[1:])
def test_the_place_is_written_as_its_country_does(row: str) -> None:
    country, posted_in, wanted = (cell.strip() for cell in row.split("|"))
    lines = postal_lines(
        name="Durand", street="1 rue", postcode="69003", town="Lyon", country=country, posted_in=posted_in
    )
    assert lines[2:] == tuple(wanted.split(" / "))


def test_the_contact_gives_way_when_there_is_no_room() -> None:
    long = "Société coopérative agricole des producteurs de légumes du Léon et du Trégor"
    lines = postal_lines(
        name=long, contact="Marie Petit", street=f"Zone industrielle {long}", postcode="29200", town="Brest",
        country="FR", posted_in="FR",
    )  # fmt: skip
    assert len(lines) <= LINES_MAX
    assert lines[-1] == "29200 BREST"
    assert "Marie Petit" not in lines


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_no_line_is_longer_than_the_post_reads(name: str, contact: str, street: str) -> None:
    lines = postal_lines(
        name=name, contact=contact, street=street, postcode="29200", town="Brest", country="FR", posted_in="FR"
    )
    assert len(lines) <= LINES_MAX
    assert all(0 < len(line) <= LINE_LENGTH_WIDEST for line in lines)
    assert lines[-1] == "29200 BREST"


def test_without_a_place_there_is_nowhere_to_go() -> None:
    assert is_deliverable(name="Durand", street="1 rue", town="Brest")
    assert not is_deliverable(name="Durand", street="1 rue", town="")
    assert not is_deliverable(name="Durand", street=" ", town="Brest")
