"""The rooms' stores on PostgreSQL, and people who know nothing of each other."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from gridos.db import Doors
from gridos.db.sharing import PostgresSharing
from gridos.db.workbook_log import PostgresWorkbookLog
from gridos.db.workbooks import PostgresWorkbooks
from gridos.workbooks import Person, Sharing, Workbooks

AddPerson = Callable[[str], Awaitable[Person]]


@pytest.fixture
def store(doors: Doors) -> PostgresWorkbooks:
    """Workbooks behind the user's door."""
    return PostgresWorkbooks(doors)


@pytest.fixture
def log(doors: Doors) -> PostgresWorkbookLog:
    """The logs of workbooks."""
    return PostgresWorkbookLog(doors)


@pytest.fixture
def people(doors: Doors) -> PostgresSharing:
    """Collaborators and invites."""
    return PostgresSharing(doors)


@pytest.fixture
def workbooks(store: PostgresWorkbooks) -> Workbooks:
    """The room's own face."""
    return Workbooks(store)


@pytest.fixture
def sharing(people: PostgresSharing) -> Sharing:
    """Sharing that takes every address as it is."""
    return Sharing(people, str.strip)


@pytest.fixture
def add_person(doors: Doors) -> AddPerson:
    """Makes accounts."""

    async def add(email: str) -> Person:
        person = Person(uuid4(), email)
        async with doors.as_service(why="a test needs a user") as door:
            await door.execute("insert into public.users (id, email) values (%s, %s)", (person.id, person.email))
        return person

    return add


@pytest.fixture
async def ada(add_person: AddPerson) -> Person:
    """The owner."""
    return await add_person("Ada@example.com")


@pytest.fixture
async def ben(add_person: AddPerson) -> Person:
    """An editor, once somebody makes him one."""
    return await add_person("ben@example.com")
