"""The page that describes the API: made of its OpenAPI document, without scripts of others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI


def docs(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """Show every operation with what it takes and gives."""
    schema = api.get_openapi_schema()
    parts = schema["components"]["schemas"]
    operations = [
        _operation(method, path, told, parts)
        for path, methods in schema["paths"].items()
        for method, told in methods.items()
    ]
    objects = [
        {"name": name, "text": part.get("description", ""), "fields": _fields(part, parts)}
        for name, part in parts.items()
        if any(f'"#/components/schemas/{name}"' in _items(one) for one in parts.values())
    ]
    context = {"schema": schema["info"], "operations": operations, "objects": objects}
    return render(request, "api/docs.html", context)


def _items(part: Mapping[str, Any]) -> str:
    """Return what the lists of an object hold, as text."""
    return json.dumps([one["items"] for one in part.get("properties", {}).values() if "items" in one])


def _operation(method: str, path: str, told: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "method": method.upper(),
        "path": path,
        "summary": told.get("summary", ""),
        "text": told.get("description", ""),
        "anchor": told["operationId"],
        "parameters": [
            {"name": one["name"], "where": one["in"], "kind": _kind(one["schema"]), "is_needed": one.get("required")}
            for one in told.get("parameters", [])
        ],
        "body": _fields(_schema_of(told.get("requestBody", {})), parts),
        "answers": [
            {"status": status, "fields": _fields(_schema_of(answer), parts)}
            for status, answer in told["responses"].items()
        ],
    }


def _schema_of(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    for content in holder.get("content", {}).values():
        found: Mapping[str, Any] = content["schema"]
        return found
    return {}


def _fields(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of an object: name, kind, what it says of itself."""
    name = _part(schema)
    found = parts.get(name, schema)
    if schema.get("format") == "binary":
        return [{"name": "", "kind": "bytes", "text": ""}]
    return [
        {
            "name": key,
            "kind": _kind(one),
            "text": one.get("description", ""),
            "is_needed": key in found.get("required", ()),
        }
        for key, one in found.get("properties", {}).items()
    ]


def _part(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the kind of a value in short.

    >>> _kind({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]})
    'date | null'
    >>> _kind({"type": "array", "items": {"$ref": "#/components/schemas/FileOut"}})
    'FileOut[]'
    """
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"{_kind(schema.get('items', {}))}[]"
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return _part(schema) or str(schema.get("format") or schema.get("type", "any"))
