"""Detectors of personal data, on texts that it was put into, and on texts that only look like it.

Card numbers are the test numbers that card schemes and Stripe publish, IBANs the examples of the ISO 13616
registry, telephone numbers those set aside for fiction (555-01xx, Ofcom's drama numbers), keys made up by the
form that their issuers document.
"""

from __future__ import annotations

import random

import pytest

from orchestration.governance.detectors import DETECTORS, find, fingerprint

REAL = {
    "email": ["ada@example.com", "a.b+tag@mail.example.co.uk", "X_Y-Z@sub.domain.example", "zoë@example.org"],
    "card": [
        "4242424242424242",
        "4000 0566 5566 5556",
        "5555-5555-5555-4444",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "4222222222222",
    ],
    "iban": [
        "DE89370400440532013000",
        "GB29 NWBK 6016 1331 9268 19",
        "FR1420041010050500013M02606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "ch9300762011623852957",
    ],
    "phone": [
        "+1 202-555-0143",
        "+44 20 7946 0958",
        "(212) 555-0187",
        "415-555-0132",
        "+4930901820",
        "+33 (0)1 99 00 12 34",
    ],
    "secret": [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "sk-ant-" + "x9" * 20,
        "sk_live_" + "4eC39HqLyjWDarjt",
        "xoxb-123456789012-abcdefghij",
        "AIza" + "SyA-_0" * 5 + "12345",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
}
OTHER = [
    "2026-10-14T09:31:22.123456Z",
    "4242424242424241",
    "4242424242424243",
    "0000000000000000",
    "1792059001000000000",
    "DE89370400440532013001",
    "XX89370400440532013000",
    "trace 83663269c240399136dadf8f58dce77b",
    "10.0.12.255:4318",
    "v1.24.0-rc.1+build.5",
    "git@github",
    "user at example dot com",
    "@decorator",
    "order 415-555-013",
    "123-456-7890123",
    "sk-short",
    "550e8400-e29b-41d4-a716-446655440000",
    "/vault/acme/2026/10/report-0143.md",
    "3.14159265358979",
    "tokens: 1,234,567 in 12.5 s",
    "gpt-4o-mini-2024-07-18",
    "SELECT count(*) FROM t WHERE x > 5000000000000000",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in REAL for value in REAL[name]])
@pytest.mark.parametrize("around", ["{}", "call {} now", '{{"to":"{}"}}', "({})", "x={};y"])
def test_what_is_there_is_found_where_it_is(name: str, value: str, around: str) -> None:
    text = around.format(value)
    (found,) = find(text)
    assert found.detector == name
    assert text[found.start : found.end] == value


@pytest.mark.parametrize("text", OTHER)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert find(text) == []


def test_several_in_one_text_are_found_by_place_and_an_iban_is_no_card() -> None:
    text = "ada@example.com paid DE89370400440532013000 with 4242424242424242, call +1 202-555-0143"
    assert [found.detector for found in find(text)] == ["email", "iban", "card", "phone"]


@pytest.mark.parametrize(
    ("piece", "number"), [("a@b.co ", 28_571), ("555-333-4444 ", 15_384), ("-eyJaaaaaaaa", 0)]
)
def test_a_text_made_to_be_searched_long_takes_no_longer_than_it_is_long(piece: str, number: int) -> None:
    # Compared each with each, these would take most of a minute.
    assert len(find(piece * (200_000 // len(piece)))) == number


def test_a_hash_needs_a_key_and_is_the_same_for_the_same_value() -> None:
    assert fingerprint("ada@example.com", None) is None
    assert fingerprint("ada@example.com", b"k") == fingerprint("ada@example.com", b"k")
    assert fingerprint("ada@example.com", b"k") != fingerprint("ada@example.com", b"l")


def test_random_numbers_are_cards_as_often_as_their_check_digit_says() -> None:
    """One in ten passes Luhn: the price of finding all of them."""
    draw = random.Random(7)  # noqa: S311 - a draw, no secret
    numbers = ["4" + "".join(draw.choices("0123456789", k=15)) for _ in range(5_000)]
    share = sum(bool(find(number)) for number in numbers) / len(numbers)
    assert 0.08 < share < 0.12


def test_the_detectors_are_those_that_are_documented() -> None:
    assert set(DETECTORS) == set(REAL)
