"""Merkle trees against the test vectors of Certificate Transparency, and their proofs against any tree."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.governance import merkle

# The eight leaves and the roots over the first 0, 1, 2, … of them, from the tests of the Certificate
# Transparency project (merkle/testonly in google/certificate-transparency-go).
LEAVES = [
    merkle.leaf_hash(bytes.fromhex(data))
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_root_of_the_first_leaves_is_the_published_one(size: int) -> None:
    assert merkle.root_of(LEAVES[:size]).hex() == ROOTS[size]


# The paths of the worked example in RFC 9162, section 2.1.5: seven leaves d0 to d6, nodes named as there.
A, B, C, D, E, F, J = LEAVES[:7]
G, H, I = (merkle.node_hash(*pair) for pair in ((A, B), (C, D), (E, F)))  # noqa: E741 - the RFC's name
K, L = merkle.node_hash(G, H), merkle.node_hash(I, J)


@pytest.mark.parametrize(("index", "path"), [(0, [B, H, L]), (3, [C, G, L]), (4, [F, J, K]), (6, [I, K])])
def test_an_inclusion_proof_is_that_of_the_rfc(index: int, path: list[bytes]) -> None:
    assert merkle.inclusion_proof(LEAVES[:7], index) == path


@pytest.mark.parametrize(("earlier", "path"), [(3, [C, D, G, L]), (4, [L]), (6, [I, J, K])])
def test_a_consistency_proof_is_that_of_the_rfc(earlier: int, path: list[bytes]) -> None:
    assert merkle.consistency_proof(LEAVES[:7], earlier) == path


def numbered(size: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


sizes = st.integers(min_value=1, max_value=200)


@settings(max_examples=150, deadline=None)
@given(st.data(), sizes)
def test_every_leaf_is_shown_to_be_included_where_it_stands_and_nowhere_else(
    data: st.DataObject, size: int
) -> None:
    leaves = numbered(size)
    index, other = (data.draw(st.integers(min_value=0, max_value=size - 1)) for _ in range(2))
    root, proof = merkle.root_of(leaves), merkle.inclusion_proof(leaves, index)
    assert merkle.is_included(leaves[index], index, size, proof, root)
    assert merkle.is_included(leaves[index], other, size, proof, root) == (other == index)
    assert merkle.is_included(leaves[other], index, size, proof, root) == (other == index)
    assert not merkle.is_included(leaves[index], index, size, [*proof, root], root)
    assert not merkle.is_included(leaves[index], index, size, proof[:-1], root) or not proof
    assert not merkle.is_included(leaves[index], size, size, proof, root)


@settings(max_examples=150, deadline=None)
@given(st.data(), sizes)
def test_a_tree_is_consistent_with_every_earlier_one_and_with_none_that_held_another_leaf(
    data: st.DataObject, size: int
) -> None:
    leaves = numbered(size)
    earlier = data.draw(st.integers(min_value=1, max_value=size))
    changed = data.draw(st.integers(min_value=0, max_value=earlier - 1))
    proof = merkle.consistency_proof(leaves, earlier)
    earlier_root, root = merkle.root_of(leaves[:earlier]), merkle.root_of(leaves)
    assert merkle.is_consistent(earlier, size, proof, earlier_root, root)
    other = leaves.copy()
    other[changed] = merkle.leaf_hash(b"another")
    assert not merkle.is_consistent(earlier, size, proof, merkle.root_of(other[:earlier]), root)
    assert not merkle.is_consistent(earlier, size, proof, earlier_root, merkle.root_of(other))
    other_proof = merkle.consistency_proof(other, earlier)
    assert not merkle.is_consistent(earlier, size, other_proof, earlier_root, merkle.root_of(other))


def test_a_tree_grown_from_what_is_kept_of_it_has_the_root_of_the_whole() -> None:
    leaves = numbered(77)
    tree = merkle.Frontier()
    for size, leaf in enumerate(leaves):
        tree = merkle.Frontier(size, tree.subtrees)
        tree.add(leaf)
        assert tree.root() == merkle.root_of(leaves[: size + 1])


def test_what_is_kept_of_a_tree_must_fit_its_size() -> None:
    with pytest.raises(ValueError, match="a tree of 5 leaves has 2 subtrees, not 1"):
        merkle.Frontier(5, [hashlib.sha256(b"").digest()])


@pytest.mark.parametrize("index", [-1, 8])
def test_no_leaf_no_proof(index: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, index)


@pytest.mark.parametrize("earlier", [0, 9])
def test_no_earlier_tree_no_proof(earlier: int) -> None:
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, earlier)
