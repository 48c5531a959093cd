"""Folding of headings and labels to what can be compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def fold_words(text: str) -> str:
    """Lower case, no accents, words apart by one space.

    >>> fold_words("N° de pièce (Réf.)")
    'n de piece ref'
    """
    decomposed = unicodedata.normalize("NFKD", text.replace("°", " "))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char)).lower()
    return _NOT_WORD.sub(" ", plain).strip()


def fold_heading(text: str) -> str:
    """Fold a heading, taking camel case apart.

    >>> fold_heading("InvoiceDate"), fold_heading("name_customer"), fold_heading("BUKRS")
    ('invoice date', 'name customer', 'bukrs')
    """
    return fold_words(_CAMEL.sub(" ", text.replace("#", " n ").replace("№", " n ").replace("º", " ")))


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


_LEFT_OUT: Final = words_of("d de des la las les l los of the del der die das s")
_LEFT_OUT_UNLESS_LAST: Final = frozenset({"le", "el", "du"})  # "émis le" speaks of a day, "montant dû" of a debt
_SPELLINGS: Final = {
    spelling: word
    for word, spellings in {
        "n": "no nr nbr nro num numero number nummer numer",
        "code": "cod codigo cd",
        "ref": "reference refer referencia",
        "id": "ident identifiant identificador identifier",
        "client": "cli clt clte",
        "customer": "cust",
        "compte": "cpt cpte",
        "facture": "fact",
        "invoice": "inv",
        "document": "doc docto",
        "date": "dt",
        "montant": "mt mnt mtt",
        "echeance": "ech",
        "vencimiento": "vto vcto venc",
        "importe": "imp",
        "factura": "fra",
        "amount": "amt",
        "currency": "curr",
        "account": "acct acc",
        "societe": "ste soc",
        "intitule": "intit",
        "libelle": "lib",
        "reglement": "regl rglt rgt",
        "payment": "pmt pymt",
        "description": "desc descr",
        "transaction": "trans txn",
        "telephone": "teleph",
        "email": "mel",
    }.items()
    for spelling in spellings.split()
}


def heading_key(folded: str) -> str:
    """Reduce a folded heading to what tells it from others: little words, plurals and ways to write "number" go.

    >>> heading_key(fold_heading("Nº de la Factura")), heading_key(fold_heading("Réf. document"))
    ('n factura', 'ref document')
    >>> heading_key(fold_heading("№ tiers")) == heading_key(fold_heading("Numéro du tiers"))
    True
    >>> heading_key(fold_heading("Dates d'échéance")), heading_key(fold_heading("Émis le"))
    ('date echeance', 'emis le')
    """
    words = folded.split()
    last = len(words) - 1
    kept = [
        _SPELLINGS.get(word, word)
        for index, word in enumerate(words)
        if word not in _LEFT_OUT and (index == last or word not in _LEFT_OUT_UNLESS_LAST)
    ]
    return " ".join(_singular(word) for word in kept)


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return _SPELLINGS.get(word[:-1], word[:-1])
