"""What a browser is going to do."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Habits:
    """Drawn before the run, so that a seed gives the same crowd."""

    arrival: float
    pages: int
    polls_long: bool
    claims: bool
    #: Tries the old session's cookie once more after completing.
    looks_back: bool
    #: "complete" or "silent"; or while it waits "leave" or "give up", after `patience` seconds.
    end: str
    patience: float

    @classmethod
    def drawn(cls, chance, seconds):
        """A third comes at once, the others over the first three quarters."""
        arrival = chance.uniform(0.0, 2.0) if chance.random() < 0.3 else chance.uniform(0.0, 0.75 * seconds)
        end = chance.choices(["complete", "silent", "leave", "give up"], [86, 5, 4, 5])[0]
        return cls(
            arrival=arrival,
            pages=chance.randint(2, 6),
            polls_long=chance.random() < 0.1,
            claims=chance.random() < 0.2,
            looks_back=chance.random() < 0.2,
            end=end,
            patience=chance.uniform(1, 12),
        )
