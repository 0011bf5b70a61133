"""Writes `vectors/*.json`: inputs, and the answers every implementation must give.

    python -m proof.tests.make_vectors

Answers from published examples are written down here as published; the others are what this
package says, and stand in the repository, where a change of them is a change of the format.
"""

from proof.tests import vectors_of_bytes, vectors_of_trees
from proof.tests.vector_files import put


def main():
    """Write every file."""
    everywhere, hashed = ["python", "javascript"], ["python", "javascript", "sql"]
    put("canonical", everywhere, vectors_of_bytes.canonical_cases())
    put("headers", hashed, vectors_of_bytes.header_cases())
    put("parts", hashed, vectors_of_bytes.part_cases())
    put("content_hash", everywhere, vectors_of_bytes.content_hash_cases())
    put("tree", hashed, vectors_of_trees.tree_cases())
    put("tiles", everywhere, vectors_of_trees.tile_cases())
    put("notes", everywhere, vectors_of_trees.note_cases())
    put("keys", everywhere, vectors_of_trees.key_cases())
    put("ed25519", everywhere, vectors_of_trees.ed25519_cases())
    put("receipts", everywhere, vectors_of_trees.receipt_cases())
    put("kinds", everywhere, vectors_of_trees.kind_cases())


if __name__ == "__main__":
    main()
