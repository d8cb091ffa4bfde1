"""Enqueues Claude Code sessions from Python. It needs only Redis, and uses BullMQ's Python package.

    pip install --require-hashes --no-deps --only-binary=:all: -r requirements.txt
    REDIS_URL=redis://127.0.0.1:6379 python service.py launch order-17 'Write a haiku into haiku.txt'
    REDIS_URL=redis://127.0.0.1:6379 python service.py continue order-17-german SESSION_ID 'Now in German'

Prints the id of the session, which is also the id of the job. A name always gives the same session, so a command
can be repeated safely.
"""

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path

from bullmq import Queue
from jsonschema import Draft202012Validator

# A random UUID of this service. Session ids are derived from it and from the name.
NAMESPACE = uuid.UUID("0f0e54b8-7b3c-4b4e-9d57-8a5f3c3f3b52")

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"


def launch_job(name: str, query: str) -> dict:
    """Builds a job that launches a session."""
    return {
        "version": 1,
        "kind": "launch",
        "id": str(uuid.uuid5(NAMESPACE, name)),
        "config": {"query": query, "allowed_tools": ["Write"]},
        "tags": ["python"],
        "metadata": {"name": name},
    }


def continue_job(name: str, parent: str, query: str) -> dict:
    """Builds a job that continues a session in a new session."""
    return {
        "version": 1,
        "kind": "continue",
        "id": str(uuid.uuid5(NAMESPACE, name)),
        "parent_session_id": parent,
        "overrides": {"query": query},
        "tags": ["python"],
    }


def check(job: dict) -> None:
    """Raises ValidationError for a job that Baton would refuse."""
    schema = json.loads((SCHEMAS / "job.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(job)


async def enqueue(job: dict) -> None:
    """Adds the job to Baton's queue. If the queue has a job with this id, nothing changes."""
    check(job)
    prefix = os.environ.get("QUEUE_PREFIX", "baton")
    queue = Queue("sessions", {"connection": os.environ["REDIS_URL"], "prefix": prefix})
    try:
        await queue.add(job["kind"], job, {"jobId": job["id"]})
    finally:
        await queue.close()


def main(arguments: list[str]) -> None:
    kinds = {"launch": launch_job, "continue": continue_job}
    kind, *rest = arguments
    job = kinds[kind](*rest)
    asyncio.run(enqueue(job))
    print(job["id"])


if __name__ == "__main__":
    main(sys.argv[1:])
