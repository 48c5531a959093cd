"""The child process that typesets: typst alone, no Django, no network, one answer for each request.

    python -I typesetter.py LAYOUT_FOLDER FONT_FOLDER

A request is a length (4 bytes) and JSON: `layout` (a file of the folder), `data` (text for it), `format`, `moment`.
An answer is one byte (0 done, 1 failed), a length (8 bytes) and the pages or the words of what went wrong. It ends
when nobody speaks to it any more. Its parent ends it when it takes too long: typst has no limit of its own.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import typst

MEMORY_BYTES_MAX = 2 * 1024**3
PDF_STANDARD = "a-2b"


def serve(*, layouts: Path, fonts: Path, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the other side hangs up."""
    compiler = typst.Compiler(
        root=str(layouts),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        package_path=str(layouts / "none"),  # nothing is fetched, whatever a layout asks for
        package_cache_path=str(layouts / "none"),
    )
    while True:
        head = requests.read(4)
        if len(head) < 4:
            return
        request = json.loads(requests.read(struct.unpack(">I", head)[0]))
        try:
            status, content = 0, _typeset(compiler, layouts, request)
        except Exception as error:
            status, content = 1, str(error).encode()
        answers.write(struct.pack(">BQ", status, len(content)) + content)
        answers.flush()


def _typeset(compiler: Any, layouts: Path, request: dict[str, Any]) -> bytes:
    is_pdf = request["format"] == "pdf"
    options: dict[str, Any] = {"pdf_standards": [PDF_STANDARD]} if is_pdf else {"ppi": 110}
    done = compiler.compile(
        input=str(layouts / request["layout"]),
        sys_inputs={"data": request["data"]},
        format=request["format"],
        timestamp=datetime.fromisoformat(request["moment"]),
        **options,
    )
    return bytes(done[0] if isinstance(done, list) else done)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    serve(layouts=Path(sys.argv[1]), fonts=Path(sys.argv[2]), requests=sys.stdin.buffer, answers=sys.stdout.buffer)
