"""Whether a run was as it should be: a list of what was not."""

from chaos import history as histories

#: Between the note of a crash and the kill, in seconds.
MOMENT = 0.2
#: So many events may come between the question for the last one and the kill.
BETWEEN = 20


def restored(record, history) -> list:
    """Positions whose browser was told of them well before the event in the stream: a crash had taken the first one."""
    return [
        place.id
        for place in record.places.values()
        if place.id in history.joins and history.joins[place.id] > place.acknowledged + 0.5
    ]


def exposed(place, crashes, history) -> bool:
    """Whether a crash took the place before its event was carried, and the browser never came back to claim it."""
    heard = max(moment for moment, _ in place.contacts)
    crash = next((crash for crash in crashes if crash.time > heard - MOMENT), None)
    if crash is None:
        return False
    # It may have come back from an earlier crash with any of its contacts.
    came_back = any(place.acknowledged - MOMENT < earlier.time < heard for earlier in crashes)
    return (heard if came_back else place.acknowledged) > history.last_before(crash.time)


def unexcused(stage, record, history) -> list:
    """Who fell back or was thrown back further than the events account for that crashes of the store took."""
    found = []
    again = set(restored(record, history))
    for fall in record.fallen:
        # Who was lost comes back behind those who were not, and behind newcomers if it takes its time.
        if fall.position in again:
            continue
        since = record.places[fall.position].acknowledged
        crashes = [crash for crash in stage.crashes if since < crash.time < fall.time]
        lost = sum(history.lost(crash) + BETWEEN for crash in crashes)
        if fall.places > lost:
            found.append(
                f"browser {fall.browser} fell back {fall.places} places at {fall.time - record.started:.2f} s, though "
                f"at most {lost} events were lost ({fall.position})"
            )
    for position, moment, text in record.thrown:
        # An admission that a crash took is given again, and then stands in the stream with a later time.
        crash = max((crash.time for crash in stage.crashes if crash.time < moment), default=moment)
        if history.admissions.get(position, moment) < crash:
            found.append(f"{text}, though its admission is in the stream ({position})")
    return found


def judge(stage, record, origin, history, is_empty) -> list:
    """What was not as it should be, one sentence each."""
    found = list(record.complaints)
    if record.unfinished:
        found.append(f"{len(record.unfinished)} browsers did not come to their end: {sorted(record.unfinished)[:10]}")
    if origin.without_token:
        found.append(f"{origin.without_token} requests reached the origin without a session token")
    lost = sum(history.lost(crash) for crash in stage.crashes)
    if origin.most_at_once() > stage.slots + lost:
        found.append(f"{origin.most_at_once()} sessions were in use at once at the origin, of {stage.slots} slots")
    if history.irregular:
        found.append(f"{history.irregular} events in the stream do not follow the one before")
    found += unexcused(stage, record, history)
    if away := stage.without_nats():
        found.append(f"NATS is there, but {', '.join(away)} did not connect to it again")
    waiting, used = stage.in_line_and_through()
    if is_empty and (waiting or used):
        found.append(f"everybody is gone, but {waiting} wait and {used} slots are in use")
    acknowledged = [place.id for place in record.places.values() if not exposed(place, stage.crashes, history)]
    sound, record.checker = histories.check(next(iter(stage.gates.values())), acknowledged)
    if not sound:
        found += [f"history: {line}" for line in record.checker.splitlines()]
    return found
