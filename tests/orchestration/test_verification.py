"""Five hundred ways to touch a ledger, all found and located; and none found where nobody touched it."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from orchestration.governance.checkpoints import Checkpoint
from orchestration.governance.entries import Entry, Fact, digest_of, entry_hash, linked
from orchestration.governance.findings import Finding
from orchestration.governance.merkle import leaf_hash, root_of
from orchestration.governance.verification import verify

ENTRIES = 240
AT = datetime(2026, 10, 14, 9, 30, tzinfo=UTC).replace(tzinfo=None)


def fact(number: int) -> Fact:
    subject = f"governance.policy.decided /governance pd-{number}"
    trace_id = None if number % 5 == 0 else f"{number:032x}"
    return Fact("policy_action", subject, AT + timedelta(seconds=number), trace_id, digest_of(b"%d" % number))


def chained(facts: list[Fact]) -> list[Entry]:
    entries: list[Entry] = []
    for sequence, each in enumerate(facts):
        entries.append(linked(each, sequence, AT, entries[-1].hash if entries else None))
    return entries


def checkpoint(entries: list[Entry], size: int) -> Checkpoint:
    return Checkpoint(size, root_of([bytes.fromhex(each.hash[7:]) for each in entries[:size]]))


WHOLE = chained([fact(number) for number in range(ENTRIES)])
# Of runs that appended more and less; the last covers everything.
SIZES = [1, 8, 9, 40, 64, 100, 101, 150, 199, 230, 240]
KEPT = [checkpoint(WHOLE, size) for size in SIZES]


def test_the_hash_of_an_entry_is_that_of_its_fields_with_their_lengths() -> None:
    entry = linked(Fact("hold", "é", AT, None, "sha256:00"), 7, AT, "sha256:ff")
    time = b"2026-10-14T09:30:00.000000"
    fields = [b"7", time, b"hold", "é".encode(), time, None, b"sha256:00", b"sha256:ff"]
    data = b"tracehouse ledger entry 1"
    for field in fields:
        data += b"\xff" * 8 if field is None else struct.pack(">Q", len(field)) + field
    assert entry.hash == "sha256:" + hashlib.sha256(b"\x00" + data).hexdigest()


def test_a_ledger_that_nobody_touched_has_no_findings() -> None:
    assert verify(WHOLE, KEPT) == []
    assert verify(WHOLE, []) == []
    assert verify(WHOLE[::-1], KEPT[::-1]) == []
    assert verify(WHOLE[:1], KEPT[:1]) == []
    assert verify([], []) == []


def test_entries_that_no_checkpoint_covers_yet_are_no_damage() -> None:
    assert verify(chained([fact(number) for number in range(ENTRIES + 20)]), KEPT) == []


# What an attacker leaves, and what must be said of it.
Touched = tuple[list[Entry], Callable[[list[Finding]], bool]]


def renumbered(entries: list[Entry]) -> list[Entry]:
    return [entry._replace(sequence=sequence) for sequence, entry in enumerate(entries)]


def rehashed(entries: list[Entry]) -> list[Entry]:
    """As the warehouse would have written them: numbers, links and hashes all anew."""
    chain: list[Entry] = []
    for sequence, entry in enumerate(entries):
        moved = entry._replace(sequence=sequence, previous_hash=chain[-1].hash if chain else None)
        chain.append(moved._replace(hash=entry_hash(moved)))
    return chain


def other(entry: Entry, field: str, chance: random.Random) -> Entry:
    value = getattr(entry, field)
    if field == "trace_id" and value is None:
        return entry._replace(trace_id=f"{chance.getrandbits(128):032x}")
    if isinstance(value, datetime):
        return entry._replace(**{field: value + timedelta(microseconds=chance.choice([-1, 1, 10**9]))})
    if value is None or (field in ("trace_id", "payload_digest") and chance.random() < 0.3):
        return entry._replace(**{field: None if value else WHOLE[-1].hash})
    place = chance.randrange(len(value))
    letter = chance.choice([c for c in "0123456789abcdefg" if c != value[place]])
    return entry._replace(**{field: value[:place] + letter + value[place + 1 :]})


def names(damage: str, *places: tuple[int, int]) -> Callable[[list[Finding]], bool]:
    """Exactly these stretches, and nothing else, are said to be damaged so."""
    return lambda found: (
        [(each.damage, each.first, each.last) for each in found]
        == [(damage, first, last) for first, last in places]
    )


def between_checkpoints(first: int, left: int) -> Callable[[list[Finding]], bool]:
    """The damage that begins at `first` is placed between the checkpoints around it, of `left` entries."""
    agreed = max((size for size in SIZES if size <= first), default=0)
    differing = min((size for size in SIZES if first < size <= left), default=None)
    cut_off = [("truncated", left, ENTRIES - 1)] if left < ENTRIES else []
    expected = cut_off if differing is None else [("checkpoint", agreed, differing - 1), *cut_off]
    return lambda found: (
        [(each.damage, each.first, each.last) for each in found] == expected
        and {each.agreed for each in found} == {agreed}
    )


FIELDS = [field for field in Entry._fields if field != "sequence"]


def a_changed_field(chance: random.Random) -> Touched:
    place = chance.randrange(ENTRIES)
    entries = WHOLE.copy()
    entries[place] = other(WHOLE[place], chance.choice(FIELDS), chance)
    return entries, names("changed", (place, place))


def a_changed_field_with_its_own_hash_anew(chance: random.Random) -> Touched:
    place = chance.randrange(ENTRIES - 1)
    changed = other(WHOLE[place], chance.choice(FIELDS[:-2]), chance)
    entries = WHOLE.copy()
    entries[place] = changed._replace(hash=entry_hash(changed))
    # Where the broken link is the last one, either of its ends may be the one that was changed.
    return entries, names("changed", (place, place + 1 if place == ENTRIES - 2 else place))


def a_changed_field_with_all_hashes_anew(chance: random.Random) -> Touched:
    place = chance.randrange(ENTRIES)
    entries = WHOLE.copy()
    entries[place] = other(WHOLE[place], chance.choice(FIELDS[:-2]), chance)
    return rehashed(entries), between_checkpoints(place, ENTRIES)


def a_stretch(chance: random.Random, *, until: int) -> tuple[int, int]:
    first = chance.randrange(until)
    return first, min(first + chance.choice([0, 0, 1, 4, 30, 100]), until - 1)


def a_removed_stretch(chance: random.Random) -> Touched:
    first, last = a_stretch(chance, until=ENTRIES - 1)
    return WHOLE[:first] + WHOLE[last + 1 :], names("removed", (first, last))


def a_removed_stretch_renumbered(chance: random.Random) -> Touched:
    first, last = a_stretch(chance, until=ENTRIES - 1)
    return renumbered(WHOLE[:first] + WHOLE[last + 1 :]), names("removed", (first, last))


def a_removed_stretch_with_all_hashes_anew(chance: random.Random) -> Touched:
    first, last = a_stretch(chance, until=ENTRIES - 1)
    entries = rehashed(WHOLE[:first] + WHOLE[last + 1 :])
    return entries, between_checkpoints(first, len(entries))


def a_cut_tail(chance: random.Random) -> Touched:
    left = chance.randrange(ENTRIES)
    return WHOLE[:left], names("truncated", (left, ENTRIES - 1))


def two_exchanged(chance: random.Random) -> Touched:
    one, two = sorted(chance.sample(range(ENTRIES), 2))
    entries = WHOLE.copy()
    entries[one], entries[two] = entries[two], entries[one]
    return renumbered(entries), names("reordered", (one, one), (two, two))


def two_exchanged_with_all_hashes_anew(chance: random.Random) -> Touched:
    one, two = sorted(chance.sample(range(ENTRIES), 2))
    entries = WHOLE.copy()
    entries[one], entries[two] = entries[two], entries[one]
    return rehashed(entries), between_checkpoints(one, ENTRIES)


def a_stretch_in_another_order(chance: random.Random) -> Touched:
    first = chance.randrange(ENTRIES - 2)
    last = min(first + chance.randrange(2, 30), ENTRIES - 1)
    order = list(range(first, last + 1))
    order.reverse()
    if chance.random() < 0.5:
        chance.shuffle(order)
    if order == sorted(order):
        order.reverse()
    entries = renumbered([*WHOLE[:first], *(WHOLE[place] for place in order), *WHOLE[last + 1 :]])
    moved = [place for place, written in enumerate(order, first) if place != written]
    return entries, names("reordered", *((place, place) for place in moved))


def a_forged(place: int) -> Entry:
    """An entry that was never written, with the right hash and behind the right one."""
    return linked(fact(10**6 + place), place, AT, WHOLE[place - 1].hash if place else None)


def an_entry_put_in_beside(chance: random.Random) -> Touched:
    place = chance.randrange(ENTRIES - 1)
    copy = chance.random() < 0.5
    return [*WHOLE, WHOLE[place] if copy else a_forged(place)], names("inserted", (place, place))


def an_entry_put_in_between(chance: random.Random) -> Touched:
    place = chance.randrange(ENTRIES)
    entries = renumbered([*WHOLE[:place], a_forged(place), *WHOLE[place:]])
    # The hash of the tree differs from there on, too; the entry says it better.
    return entries, names("inserted", (place, place))


def an_entry_put_in_with_all_hashes_anew(chance: random.Random) -> Touched:
    place = chance.randrange(ENTRIES)
    entries = rehashed([*WHOLE[:place], a_forged(place), *WHOLE[place:]])
    return entries, between_checkpoints(place, ENTRIES + 1)


ATTACKS = [
    a_changed_field,
    a_changed_field_with_its_own_hash_anew,
    a_changed_field_with_all_hashes_anew,
    a_removed_stretch,
    a_removed_stretch_renumbered,
    a_removed_stretch_with_all_hashes_anew,
    a_cut_tail,
    two_exchanged,
    two_exchanged_with_all_hashes_anew,
    a_stretch_in_another_order,
    an_entry_put_in_beside,
    an_entry_put_in_between,
    an_entry_put_in_with_all_hashes_anew,
]


def test_five_hundred_touched_ledgers_are_all_found_and_located() -> None:
    missed = []
    for seed in range(500):
        chance = random.Random(seed)  # noqa: S311 - drawn again in every run
        attack = ATTACKS[seed % len(ATTACKS)]
        entries, is_located = attack(chance)
        assert sorted(entries, key=lambda entry: entry.sequence) != WHOLE, (seed, attack.__name__)
        # The lake gives its rows in any order.
        chance.shuffle(entries)
        found = verify(entries, KEPT)
        if not is_located(found):
            missed.append((seed, attack.__name__, found))
    assert missed == []


def test_an_entry_that_names_another_number_is_found_where_it_stands_and_missed_where_it_stood() -> None:
    entries = WHOLE.copy()
    entries[70] = WHOLE[70]._replace(sequence=90)
    found = verify(entries, KEPT)
    assert [(each.damage, each.first, each.last) for each in found] == [
        ("removed", 70, 70),
        ("reordered", 90, 90),
    ]


def test_a_link_changed_with_its_own_hash_is_placed_on_its_two_ends() -> None:
    changed = WHOLE[50]._replace(previous_hash=WHOLE[3].hash)
    entries = [*WHOLE[:50], changed._replace(hash=entry_hash(changed)), *WHOLE[51:]]
    assert names("changed", (49, 50))(verify(entries, KEPT))


def test_the_last_entry_changed_with_its_hash_is_placed_behind_the_checkpoint_before_it() -> None:
    changed = WHOLE[-1]._replace(kind="waived")
    entries = [*WHOLE[:-1], changed._replace(hash=entry_hash(changed))]
    assert names("checkpoint", (230, 239))(verify(entries, KEPT))


def test_a_first_entry_that_follows_on_another_is_changed() -> None:
    first = WHOLE[0]._replace(previous_hash=WHOLE[3].hash)
    first = first._replace(hash=entry_hash(first))
    assert [(each.first, each.last) for each in verify([first], [])] == [(0, 0)]


@pytest.mark.parametrize("size", [1, 100, 240])
def test_a_false_checkpoint_is_told_from_a_touched_ledger(size: int) -> None:
    false = Checkpoint(size, leaf_hash(b"false"), "the lake", is_kept=False)
    (found,) = verify(WHOLE, [*KEPT, false])
    assert (found.damage, found.agreed) == ("checkpoint", ENTRIES)
    assert found.sentence == (
        f"The checkpoint of {size} entries in the lake was changed: "
        "one kept elsewhere agrees with 240 entries."
    )


def test_who_writes_the_checkpoints_of_the_lake_anew_too_does_not_outweigh_one_kept_elsewhere() -> None:
    changed = rehashed([*WHOLE[:70], WHOLE[70]._replace(kind="waived"), *WHOLE[71:]])
    own = [checkpoint(changed, size)._replace(is_kept=False) for size in SIZES]
    kept = [each for each in KEPT if each.size in (8, 150)]
    (found,) = verify(changed, [*own, *kept])
    # The lake's own of 101 entries is the last before it, but it was written anew as well.
    assert (found.damage, found.first, found.last) == ("checkpoint", 8, 149)


def test_the_checkpoints_of_the_lake_narrow_down_what_one_kept_elsewhere_says() -> None:
    changed = rehashed([*WHOLE[:70], WHOLE[70]._replace(kind="waived"), *WHOLE[71:]])
    own = [each._replace(is_kept=False) for each in KEPT]
    assert names("checkpoint", (64, 99))(verify(changed, [*own, KEPT[-1]]))
    assert names("checkpoint", (64, 99))(verify(changed, own))
    assert names("checkpoint", (0, 239))(verify(changed, [KEPT[-1]]))


def test_findings_are_sentences_that_say_where() -> None:
    told = [each.sentence for each in verify(WHOLE[:120] + WHOLE[125:235], KEPT)]
    assert told == [
        "Entries 120 to 124 were removed: entry 125 is the next there is.",
        "Entries 235 to 239 were cut off: the checkpoint of 240 entries covers them, and no checkpoint "
        "vouches for those from 101 on.",
    ]
