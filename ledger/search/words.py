"""Words as the search copy holds them: the same cut for what is stored and what is asked. Pure."""

from __future__ import annotations

import re
import unicodedata

# Letters and digits make words; everything else only separates them, so that PostgreSQL's parser
# finds no addresses, paths or signs to treat specially.
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, in one case and one normal form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(folded)


def readable(text: str) -> str:
    """Return a text as PostgreSQL can hold it: U+0000 becomes U+FFFD, in copies alone."""
    return text.replace("\0", "\ufffd")
