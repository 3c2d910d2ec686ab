"""Hypothesis strategies for values as people may enter them."""

from hypothesis import strategies as st

from skeleton.kernel.characters import ForbiddenCharacter, clean_text


def is_clean(text: str) -> bool:
    """Return whether a text is stored as it is entered."""
    try:
        return clean_text(text) == text
    except ForbiddenCharacter:
        return False


def clean_texts(*, max_size: int) -> st.SearchStrategy[str]:
    """Return texts of any characters that are stored as they are entered, the empty one and blanks included."""
    return st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=max_size).filter(is_clean)


def clean_words(*, max_size: int) -> st.SearchStrategy[str]:
    """Return words of letters and digits of any script that are stored as they are entered."""
    return st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=max_size).filter(is_clean)
