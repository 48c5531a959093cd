"""The one application that the web server runs.

Pages are Django as WSGI in a pool of threads (several times faster than Django under ASGI); only the open
streams of live news stay on the event loop, where a thousand of them cost little.
"""

from __future__ import annotations

import os
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from quittance.config.server import Application, Dispatcher
from quittance.config.wsgi import application as pages

THREADS = int(os.environ.get("QUITTANCE_WEB_THREADS", "16"))

application = Dispatcher(pages=cast(Application, WSGIMiddleware(cast(Any, pages), workers=THREADS)))
