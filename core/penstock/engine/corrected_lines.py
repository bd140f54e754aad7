"""Make the text and the words of a corrected line agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from penstock.model import Line, Word
from penstock.render.scripts import is_unspaced
from penstock.transcriptions.word_alignment import align, tokens_of
from penstock.transcriptions.word_places import placed_words


def agreed_line(line: Line, was: Line | None) -> Line:
    """Return a corrected line with words that say what its text says.

    If only the text or only the words were edited, the other one is changed to match. If both were, the edits
    must not contradict each other. Edited words are marked as corrected. They lose their confidence and
    alternatives, and so does a line with another text.

    Parameters
    ----------
    line
        The line with corrections. If it has no words, it is returned as it is.
    was
        The line before; None for a line that was added.

    Raises
    ------
    ValueError
        The text and the words were edited and contradict each other.
    """
    agreed = _agreed(line, was)
    is_edited = was is not None and agreed.text != was.text
    return replace(agreed, confidence=None, alternatives=()) if is_edited else agreed


def _agreed(line: Line, was: Line | None) -> Line:
    if not line.words:
        return line
    before = was or replace(line, text="", words=())
    if _texts(line) == _texts(before) and line.text == before.text:
        return line
    text = _agreed_text(line, before)
    if _words_were_removed_or_copied(line, before):
        # Their quads are those of other words, or of parts of words.
        return replace(line, text=text, words=placed_words(replace(line, words=before.words), text))
    marked = replace(line, text=text, words=_marked(line.words, before.words))
    if text.split() == _texts(marked):
        return marked
    return replace(marked, words=placed_words(marked, text))


def _words_were_removed_or_copied(line: Line, was: Line) -> bool:
    """Return whether words were removed or copied, and none was given a quad of its own."""
    quads, before = [word.quad for word in line.words], [word.quad for word in was.words]
    return quads != before and set(quads) <= set(before)


def _texts(line: Line) -> list[str]:
    return [word.text for word in line.words]


def _letters(texts: Sequence[str]) -> str:
    return "".join("".join(texts).split())


def _marked(words: Sequence[Word], before: Sequence[Word]) -> tuple[Word, ...]:
    """Mark the words whose text was edited or that were added."""
    if len(words) == len(before):
        edited = [word.text != was.text for word, was in zip(words, before, strict=True)]
    else:
        known = {(word.text, word.quad) for word in before}
        edited = [(word.text, word.quad) not in known for word in words]
    return tuple(
        _corrected(word) if is_edited else word for word, is_edited in zip(words, edited, strict=True)
    )


def _corrected(word: Word) -> Word:
    return replace(word, confidence=None, low_confidence=False, corrected=True, alternatives=())


def _agreed_text(line: Line, was: Line) -> str:
    texts, texts_before = _texts(line), _texts(was)
    if texts == texts_before:
        return line.text
    if line.text == was.text:
        return text_of_words(texts, was)
    if _letters(texts) == _letters([line.text]):
        return line.text
    if len(texts) != len(texts_before):
        raise _contradiction(line.text, texts)
    return _merged(line.text, texts, texts_before)


def text_of_words(texts: Sequence[str], was: Line) -> str:
    """Return the text of edited words, with the spaces that the line's text had."""
    if len(texts) == len(was.words):
        text, end = "", 0
        for word, edited in zip(was.words, texts, strict=True):
            start = was.text.find(word.text, end)
            if start < 0:
                break
            text += was.text[end:start] + edited
            end = start + len(word.text)
        else:
            text += was.text[end:]
            return text if all(texts) else " ".join(text.split())
    separator = "" if is_unspaced(was.text) and not any(map(str.isspace, was.text)) else " "
    return separator.join(texts)


def _merged(text: str, words: Sequence[str], words_before: Sequence[str]) -> str:
    """Return an edited text with the edits of words that it does not contain yet.

    Raises ValueError if the text and the words replace the same word by different ones.
    """
    tokens = tokens_of(text)
    merged, end = "", 0
    for block in align(words, tokens):
        edited = [words[index] for index in block.words]
        before = [words_before[index] for index in block.words]
        if edited == before:
            continue
        if not block.tokens:
            raise _contradiction(text, words)
        start, stop = tokens[block.tokens[0]].start, tokens[block.tokens[-1]].end
        letters = _letters([text[start:stop]])
        if letters == _letters(edited):
            continue
        if letters != _letters(before):
            raise _contradiction(text, words)
        merged += text[end:start] + " ".join(edited)
        end = stop
    return merged + text[end:]


def _contradiction(text: str, words: Sequence[str]) -> ValueError:
    return ValueError(f"says {text!r}, and its words say {' '.join(words)!r}")
