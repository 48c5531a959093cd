"""The company's own texts: read those in force on a day, and check one before it is kept.

An own text is written in a language of a few marks: `{{ variable }}` and `{% if %}`, with the variables listed here.
Nothing else is known to it: no file, no filter but a few, no code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.template import Engine, TemplateSyntaxError
from django.template.base import Lexer, TokenType, VariableNode
from django.template.defaulttags import IfNode

from quittance.core.dunning import DunningLevel
from quittance.dunning.messages.shared import shared
from quittance.dunning.messages.texts import LevelTexts, texts_of
from quittance.dunning.models import MessageText

TAGS = frozenset({"if", "elif", "else", "endif"})
FILTERS = frozenset({"upper", "lower", "capfirst", "default", "default_if_none", "length"})
# The variables of a message, in the order in which they are offered.
VARIABLES = (
    "company", "customer", "contact", "account", "total", "balance", "count", "first_document", "days_max", "today",
    "deadline", "is_french_law", "is_french_public",
)  # fmt: skip
# Those of an SMS.
SMS_VARIABLES = (
    "company", "customer", "contact", "account", "total", "count", "first_document", "due_date", "days_max", "phone",
)  # fmt: skip
# Those of a message in a person's own words, which speaks of no item.
FREE_VARIABLES = ("company", "customer", "contact", "account", "today", "phone")
SIZE_MAX = 8000
SMS_SIZE_MAX = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class TextProblem:
    """What is wrong with a text: the field, the line in it (from 1 on) when it is known, and what.

    Codes: EMPTY, TOO_LONG, SYNTAX (`detail` in the words of the engine), UNKNOWN_VARIABLE, TAG_NOT_ALLOWED,
    FILTER_NOT_ALLOWED (`detail` is its name), ACROSS_PARAGRAPHS.
    """

    field: str
    code: str
    line: int | None = None
    detail: str = ""


@shared
def in_force(*, code: str, language: str, medium: str, day: date) -> MessageText | None:
    """Return the own text of a message on a day, None where the shipped one counts. One query."""
    found = MessageText.objects.filter(message_code=code, language=language, medium=medium, from_date__lte=day)
    row = found.order_by("-from_date", "-id").first()
    return None if row is None or row.is_shipped else row


def own_texts(*, level: DunningLevel, language: str, medium: str, day: date) -> LevelTexts | None:
    """Return the company's own texts of a step on a day, None where the shipped ones count.

    One query, two for a letter: without a text of its own it says what the e-mail says.
    """
    shipped = texts_of(language)
    for one in ("LETTER", "EMAIL") if medium == "LETTER" else (medium,):
        row = in_force(code=shipped.code_of(level), language=shipped.language, medium=one, day=day)
        if row is not None:
            return texts_of_row(subject=row.subject, before=row.before, after=row.after)
    return None


def texts_of_row(*, subject: str, before: str, after: str) -> LevelTexts:
    """Return a written text as paragraphs."""
    return LevelTexts(
        subject=subject,
        before=tuple(text for _line, text in paragraphs(before)),
        after=tuple(text for _line, text in paragraphs(after)),
    )


def paragraphs(text: str) -> list[tuple[int, str]]:
    """Return the paragraphs of a text, each with the line it begins on.

    >>> paragraphs("One,\\ntwo.\\n\\n\\nThree.")
    [(1, 'One,\\ntwo.'), (5, 'Three.')]
    """
    found = []
    for match in re.finditer(r"(?:[^\n]*\S[^\n]*(?:\n|$))+", text.replace("\r\n", "\n").replace("\r", "\n")):
        found.append((match.string.count("\n", 0, match.start()) + 1, match.group().strip("\n")))
    return found


def check_text(*, subject: str, before: str, after: str) -> list[TextProblem]:
    """Return what is wrong with a text, [] when it can be kept."""
    problems = []
    if not subject.strip():
        problems.append(TextProblem(field="subject", code="EMPTY"))
    if not before.strip():
        problems.append(TextProblem(field="before", code="EMPTY"))
    if "\n" in subject.strip():
        problems.append(TextProblem(field="subject", code="TOO_LONG"))
    for field, text in (("subject", subject), ("before", before), ("after", after)):
        if len(text) > (250 if field == "subject" else SIZE_MAX):
            problems.append(TextProblem(field=field, code="TOO_LONG"))
            continue
        for first_line, paragraph in paragraphs(text):
            problems += _check_paragraph(field, first_line, paragraph)
    return problems


def check_sms(*, text: str) -> list[TextProblem]:
    """Return what is wrong with the text of an SMS, [] when it can be kept."""
    if not text.strip():
        return [TextProblem(field="text", code="EMPTY")]
    if len(text) > SMS_SIZE_MAX:
        return [TextProblem(field="text", code="TOO_LONG")]
    return _check_paragraph("text", 1, text.replace("\r\n", "\n").replace("\r", "\n"), SMS_VARIABLES)


def check_own_words(*, subject: str, body: str, is_sms: bool) -> list[TextProblem]:
    """Return what is wrong with a message in a person's own words, [] when it can be sent; an SMS has no subject."""
    problems = [] if is_sms or subject.strip() else [TextProblem(field="subject", code="EMPTY")]
    if not body.strip():
        problems.append(TextProblem(field="body", code="EMPTY"))
    for field, text in (("subject", "" if is_sms else subject), ("body", body)):
        size_max = 250 if field == "subject" else SMS_SIZE_MAX if is_sms else SIZE_MAX
        if len(text) > size_max or (field == "subject" and "\n" in text.strip()):
            problems.append(TextProblem(field=field, code="TOO_LONG"))
            continue
        # An SMS is written as one text, all others by paragraphs.
        parts = [(1, text)] if is_sms else paragraphs(text)
        for first_line, paragraph in parts:
            problems += _check_paragraph(field, first_line, paragraph, FREE_VARIABLES)
    return problems


@cache
def _engine() -> Engine:
    """Return an engine that finds no file and has no libraries: `debug` tells the line of an error."""
    return Engine(dirs=[], loaders=[("django.template.loaders.locmem.Loader", {})], debug=True, autoescape=True)


def _check_paragraph(field: str, first_line: int, text: str, variables: Sequence[str] = VARIABLES) -> list[TextProblem]:
    lines = {"before": first_line - 1}
    for token in Lexer(text).tokenize():
        words = token.contents.split()
        if token.token_type is TokenType.BLOCK and words and words[0] not in TAGS:
            line = (token.lineno or 1) + lines["before"]
            return [TextProblem(field=field, code="TAG_NOT_ALLOWED", line=line, detail=words[0])]
    try:
        template = _engine().from_string(text)
    except TemplateSyntaxError as error:
        return [_syntax_problem(field, first_line, text, error)]
    found = []
    for line, name, filters in _used(template.nodelist, text):
        at = line + lines["before"]
        if (name and name.split(".")[0] not in variables) or "." in name:
            found.append(TextProblem(field=field, code="UNKNOWN_VARIABLE", line=at, detail=name))
        found += [
            TextProblem(field=field, code="FILTER_NOT_ALLOWED", line=at, detail=one)
            for one in filters
            if one not in FILTERS
        ]
    return found


def _syntax_problem(field: str, first_line: int, text: str, error: TemplateSyntaxError) -> TextProblem:
    line = getattr(error, "template_debug", {}).get("line")
    at = (int(line) if line else 1) + first_line - 1
    opened, closed = len(re.findall(r"{%\s*if\b", text)), len(re.findall(r"{%\s*endif\b", text))
    if opened != closed:
        return TextProblem(field=field, code="ACROSS_PARAGRAPHS", line=at)
    return TextProblem(field=field, code="SYNTAX", line=at, detail=str(error))


def _used(nodes: object, text: str) -> list[tuple[int, str, list[str]]]:
    """Return every variable with the line it stands on, and the filters put on it."""
    found: list[tuple[int, str, list[str]]] = []
    for node in nodes:  # type: ignore[attr-defined]
        line = getattr(getattr(node, "token", None), "lineno", 1)
        if isinstance(node, VariableNode):
            found.append((line, *_name_of(node.filter_expression)))
        elif isinstance(node, IfNode):
            for condition, inner in node.conditions_nodelists:
                found += [(line, *_name_of(part)) for part in _values_of(condition)]
                found += _used(inner, text)
    return found


def _values_of(condition: object) -> list[object]:
    """Return the variables of a condition, whatever joins them."""
    if condition is None:
        return []
    value = getattr(condition, "value", None)
    if value is not None and hasattr(value, "filters"):
        return [value]
    parts = [getattr(condition, "first", None), getattr(condition, "second", None)]
    return [found for part in parts for found in _values_of(part)]


def _name_of(expression: object) -> tuple[str, list[str]]:
    """Return the name of a variable, "" for a constant, and its filters."""
    var = getattr(expression, "var", None)
    name = getattr(var, "var", "") if getattr(var, "lookups", None) else ""
    filters = [getattr(function, "_filter_name", function.__name__) for function, _args in expression.filters]  # type: ignore[attr-defined]
    return str(name), filters
