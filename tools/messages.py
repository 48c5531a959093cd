"""Translations without gettext binaries: extract, update, compile and check the catalogues.

python tools/messages.py update    collect the texts of the source into the .po files of each language
python tools/messages.py compile   write the .mo files that are missing or older than their .po
python tools/messages.py check     fail when a text has no translation, or one that doesn't fit
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "quittance"
LOCALE = SOURCE / "locale"
LANGUAGES = ("fr", "es")
SHOWN_MAX = 20
KEYWORDS: dict[str, tuple[object, ...] | None] = {
    "_": None, "lazy": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip


def sources() -> Iterator[tuple[str, bytes]]:
    """Yield each source file's name and its content as Python."""
    import django
    from django.conf import settings
    from django.utils.translation.template import templatize

    settings.configure(USE_I18N=True, TEMPLATES=[])
    django.setup()
    for path in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        if {"migrations", "static", "locale"} & set(path.parts):
            continue
        name = str(path.relative_to(ROOT))
        if path.suffix == ".py":
            yield name, path.read_bytes()
        else:
            lines = templatize(path.read_text(), origin=name).splitlines()
            yield name, "\n".join(line.strip() for line in lines).encode()


def extracted(problems: list[str] | None = None) -> Catalog:
    """Return every text of the source, in one catalogue without translations; name in `problems` what can't be one.

    A text that stands alone and as a singular would be found as one of both only: one of them needs a context.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract

    catalog = Catalog(project="Quittance", charset="utf-8")
    forms: dict[tuple[str | None, str], set[bool]] = {}
    for name, content in sources():
        found = extract("python", BytesIO(content), keywords=KEYWORDS, comment_tags=("Translators:",))
        for _line, message, comments, context in found:
            is_alone = isinstance(message, str)
            forms.setdefault((context, message if is_alone else message[0]), set()).add(is_alone)
            catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    if problems is not None:
        problems += [
            f"stands alone and as a singular, give one a context: {id_!r}"
            for (_, id_), found in forms.items()
            if len(found) > 1
        ]
    return catalog


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """Return the catalogue of a language; an empty one when there is none yet."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, project="Quittance", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> int:
    """Bring the catalogues up to the source: new texts empty, vanished ones dropped, nothing guessed."""
    from babel.messages.pofile import write_po

    template = extracted()
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalog.obsolete.clear()
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
        missing = sum(1 for message in catalog if message.id and not is_translated(message.string))
        print(f"{language}: {len(catalog)} texts, {missing} without translation")
    return 0


def compile_all() -> int:
    """Write what is missing or older than its source; quick when there is nothing to do."""
    for path in sorted(SOURCE.rglob("*.po")):
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parent.parent.name)
        scratch = target.with_suffix(".mo.new")
        with scratch.open("wb") as file:
            write_mo(file, catalog)
        scratch.replace(target)
    return 0


def is_translated(text: str | tuple[str, ...] | list[str]) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def check() -> int:
    """Tell every text of the source that a language lacks, and every translation with other placeholders."""
    unclear: list[str] = []
    template = extracted(unclear)
    print(*unclear, sep="\n", end="\n" if unclear else "")
    failures = len(unclear)
    for language in LANGUAGES:
        catalog = read(language)
        problems = []
        for message in template:
            if not message.id:
                continue
            translation = catalog.get(message.id, message.context)
            if translation is None or not is_translated(translation.string):
                problems.append(f"not translated: {message.id!r}")
            elif translation.fuzzy:
                problems.append(f"marked as doubtful: {message.id!r}")
            else:
                problems += [f"{error}: {message.id!r}" for error in translation.check(catalog)]
        for problem in problems[:SHOWN_MAX]:
            print(f"{language}: {problem}")
        if len(problems) > SHOWN_MAX:
            print(f"{language}: and {len(problems) - SHOWN_MAX} more")
        failures += len(problems)
    print("Translations are complete." if not failures else f"{failures} texts need a translation.")
    return 1 if failures else 0


def main() -> int:
    """Do what the command line asks; return the exit code."""
    actions = {"update": update, "compile": compile_all, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        print(__doc__, file=sys.stderr)
        return 2
    return actions[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
