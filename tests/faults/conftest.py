"""Databases for worker processes, each a copy of the template."""

from collections.abc import Iterator

import psycopg
import pytest

from local.config import Laptop
from tests.faults.matrix import Workers
from tests.fix_postgres import copy_template, socket_urls


@pytest.fixture(scope="session")
def workers(cluster: Laptop) -> Iterator[Workers]:
    names = ["faults_1", "faults_2"]
    with psycopg.connect(
        cluster.url_of("postgres", "postgres"), autocommit=True
    ) as admin:
        for name in names:
            copy_template(admin, name)
    pool = Workers([socket_urls(cluster, name) for name in names])
    yield pool
    pool.close()
