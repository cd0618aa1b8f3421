"""What a run says of itself."""

import re
import resource

from chaos.verdict import restored


def listed(counts) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "none"


def table(run, found, seconds) -> list:
    """A line for each fact."""
    record, history, types = run.record, run.history, run.history.types
    ended = sum(types[f"session.{how}"] for how in ("completed", "expired", "terminated"))
    crashes = [
        f"{crash.unsaved} changes unsaved, {history.lost(crash)} events not carried" for crash in run.stage.crashes
    ]
    rows = {
        "seed": run.given.seed,
        "faults": listed(run.log.count()),
        "store's crashes": "; ".join(crashes) or "none",
        "browsers": listed(record.counts),
        "failed requests": listed(run.failures),
        "joins": types["position.enqueued"],
        "admissions": types["position.admitted"],
        "sessions": f"{types['session.started']} started, {ended} ended, at most {run.origin.most_at_once()} at once",
        "events": len(history),
        "restorations": f"{history.restorations}, and {len(restored(record, history))} places came back by token",
        "checker": record.checker.rpartition("\n")[2],
        "violations": len(found),
        "seconds": f"{seconds:.0f}, driver's CPU {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.0f}",
    }
    return [f"{name + ':':20} {value}" for name, value in rows.items()]


def violations(found) -> list:
    """A few of each kind: those that differ in numbers and ids only are of one kind."""
    kinds = {}
    for violation in found:
        kinds.setdefault(re.sub(r"[0-9a-f]{8}-[-0-9a-f]{27}|\d+", "#", violation), []).append(violation)
    lines = []
    for same in kinds.values():
        lines += [f"VIOLATION {violation}" for violation in same[:5]]
        if len(same) > 5:
            lines.append(f"          and {len(same) - 5} more of this kind")
    return lines
