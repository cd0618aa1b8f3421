"""Solves challenges by work as docs/ABUSE.md describes them, from the description alone."""

import hashlib
import struct


def solve(challenge: dict) -> str:
    """The solution of the `challenge` member of a problem."""
    assert challenge["provider"] == "proof_of_work" and challenge["algorithm"] == "SHA-256", challenge
    seed = hashlib.sha256(challenge["challenge"].encode()).digest()
    limit = 1 << 32 - challenge["bits"]
    numbers = []
    for piece in range(challenge["pieces"]):
        start = hashlib.sha256(seed + struct.pack(">I", piece))
        number = 0
        while True:
            attempt = start.copy()
            attempt.update(struct.pack(">I", number))
            if int.from_bytes(attempt.digest()[:4], "big") < limit:
                break
            number += 1
        numbers.append(str(number))
    return ".".join(numbers)


def answer(challenge: dict) -> dict:
    """The body of `POST challenge`."""
    return {"challenge": challenge["challenge"], "solution": solve(challenge)}


def field(challenge: dict) -> str:
    """The value of X-Anteroom-Challenge."""
    return f"{challenge['challenge']};{solve(challenge)}"
