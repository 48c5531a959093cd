"""The messages that customers get: texts by language (one TOML file each) around one list of what is owed."""

from quittance.dunning.messages.by_medium import render_message
from quittance.dunning.messages.content import Line, NoticeContent, content_of
from quittance.dunning.messages.letter import letter_of
from quittance.dunning.messages.rendering import render
from quittance.dunning.messages.texts import LANGUAGES, Texts, texts_of
from quittance.dunning.messages.writing import TextError

__all__ = [
    "LANGUAGES",
    "Line",
    "NoticeContent",
    "TextError",
    "Texts",
    "content_of",
    "letter_of",
    "render",
    "render_message",
    "texts_of",
]
