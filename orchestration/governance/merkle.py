"""Merkle trees as Certificate Transparency has them: roots, and proofs that a root keeps what it kept.

A leaf's hash is sha256(0x00 ‖ data), a node's sha256(0x01 ‖ left ‖ right), and the left subtree of n leaves
holds the largest power of two below n. All functions take and give hashes of 32 bytes; leaves are given by
their hashes. Source: RFC 9162, section 2.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows, kept as its largest perfect subtrees from left to right: at most 64 hashes.

    Adding a leaf costs two hashes on average, and a root one for each subtree, whatever the tree's size.
    """

    def __init__(self, size: int = 0, subtrees: Sequence[bytes] = ()) -> None:
        if size < 0 or len(subtrees) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} subtrees, not {len(subtrees)}")
        self.size = size
        self.subtrees = list(subtrees)

    def add(self, leaf: bytes) -> None:
        """Append one leaf, given by its hash."""
        grown = leaf
        size = self.size
        while size & 1:
            grown = node_hash(self.subtrees.pop(), grown)
            size >>= 1
        self.subtrees.append(grown)
        self.size += 1

    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.subtrees:
            return EMPTY_ROOT
        *others, root = self.subtrees
        for subtree in reversed(others):
            root = node_hash(subtree, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The hash of the tree over `leaves`."""
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `leaves`, from the leaf upwards (2.1.3.1).

    Raises IndexError when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_proof(left, index), root_of(right)]
    return [*inclusion_proof(right, index - split), root_of(left)]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` is number `index` of the `size` leaves under `root` (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """The hashes which show that the tree of the first `earlier` leaves is kept in that of all (2.1.4.1).

    Empty where both trees are the same. Raises IndexError when there was no such earlier tree.
    """
    if not 0 < earlier <= len(leaves):
        raise IndexError(f"no tree of {earlier} leaves leads to one of {len(leaves)}")
    return _consistency(leaves, earlier, is_whole=True)


def is_consistent(earlier: int, size: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes) -> bool:
    """Whether `proof` shows that the later tree begins with all leaves of the earlier one (2.1.4.2)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not proof and earlier_root == root
    path = list(proof)
    if earlier.bit_count() == 1:
        path.insert(0, earlier_root)
    if not path:
        return False
    position, last = earlier - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    found_earlier = found = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            found_earlier = node_hash(sibling, found_earlier)
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and found_earlier == earlier_root and found == root


def _consistency(leaves: Sequence[bytes], earlier: int, *, is_whole: bool) -> list[bytes]:
    # The root of a subtree that is the whole earlier tree is known to who verifies.
    if earlier == len(leaves):
        return [] if is_whole else [root_of(leaves)]
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if earlier <= split:
        return [*_consistency(left, earlier, is_whole=is_whole), root_of(right)]
    return [*_consistency(right, earlier - split, is_whole=False), root_of(left)]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
