"""People in line, and what the gate says of them."""

import datetime
import re
import time

from rig.process import wait_until
from rig.visitor import Visitor


def waiting(gate, count=1, **options):
    visitors = []
    for _ in range(count):
        visitor = Visitor(gate, **options)
        answer = visitor.navigate()
        assert answer.status_code == 503 and visitor.cookie("p"), answer.text[:200]
        visitors.append(visitor)
    return visitors


def until_admitted(visitor, seconds=5.0):
    return wait_until(lambda: visitor.status()["status"] == "admitted" and visitor.status(), seconds, 0.05, "admission")


POSITION_FIELDS = {
    "position_id",
    "queue_id",
    "status",
    "position",
    "total_waiting",
    "estimated_wait_seconds",
    "estimated_wait_range_seconds",
    "priority",
    "enqueued_at",
    "expires_at",
    "token",
    "heartbeat_interval_seconds",
    "poll_after_seconds",
}


def assert_position(position, status="waiting"):
    assert POSITION_FIELDS <= position.keys(), POSITION_FIELDS - position.keys()
    assert position["queue_id"] == "shop" and position["status"] == status
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", position["position_id"])
    for name in ("enqueued_at", "expires_at"):
        moment = datetime.datetime.fromisoformat(position[name].replace("Z", "+00:00"))
        assert moment.tzinfo is not None and abs(time.time() - moment.timestamp()) < 3600
    assert position["token"].count(".") == 2
    estimate = position["estimated_wait_seconds"]
    spread = position["estimated_wait_range_seconds"]
    assert estimate is None or estimate >= 0
    assert spread is None or isinstance(spread, (list, dict))


def assert_problem(answer, status):
    """RFC 9457."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status and problem["title"]
    return problem
