"""A mail server for each test, and workers that mail to it; what makes the workers lives as long as the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.delivery.mail_server import MailServer, serving
from tests.integration.delivery.workers import Workers, making_workers


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def worker_factory(django_db_setup: None) -> Iterator[Workers]:
    with making_workers() as workers:
        yield workers


@pytest.fixture
def workers(worker_factory: Workers, mail: MailServer, transactional_db: None) -> Workers:
    worker_factory.smtp_port = mail.port
    return worker_factory
