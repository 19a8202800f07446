"""The jobs: what runs by itself, when it is next due, and how it last went."""

from __future__ import annotations

from commands.context import Ctx
from commands.registry import Rest, command
from commands.slash.sheet import Sheet, moment
from domain.chat import Block, Button, Buttons, KeyValues, Reply, Table, Text, Tone
from domain.errors import BadArgument, NotAllowed
from storage.job_runs import JobRun, Outcome
from trading.schedule import Planned, Schedule

EXAMPLES = ("/jobs", "/jobs reconcile", "/jobs run reconcile")
HISTORY = 8
_WORDS = {
    Outcome.STARTED: "running",
    Outcome.RAN: "done",
    Outcome.COALESCED: "with next",
    Outcome.SKIPPED: "skipped",
    Outcome.FAILED: "FAILED",
}


@command("System", examples=EXAMPLES)
async def jobs(ctx: Ctx, what: Rest | None = None) -> Reply:
    """What runs by itself: next and last runs and how they went; one job's history; run one now."""
    schedule = ctx.floor.schedule
    words = (what or "").split()
    if not words:
        return await _listed(ctx, schedule)
    if words[0].lower() != "run":
        return await _told(ctx, schedule, " ".join(words))
    if len(words) != 2:
        raise BadArgument("Which job? Name one.", example=EXAMPLES[2])
    if not ctx.people.owns(ctx.origin):
        raise NotAllowed("Only an owner may run a job.", example="/jobs")
    schedule.jobs.get(words[1])
    ctx.must_write("run jobs")
    return _ended(await schedule.run(words[1], ctx.origin.who))


async def _listed(ctx: Ctx, schedule: Schedule) -> Reply:
    planned = await schedule.agenda()
    sheet = Sheet(ctx.clock.now(), "the job table")
    failed = [p for p in planned if p.last is not None and p.last.outcome is Outcome.FAILED]
    coming = min(((p.next, p.job.name) for p in planned if p.next is not None), default=None)
    count = sheet.count("jobs", len(planned))
    lead = f"{count} jobs" + (f"; next {coming[1]}, {moment(coming[0], ctx.zone)}." if coming else "; none is due.")
    if failed:
        lead = f"{failed[0].job.name} failed last time: {failed[0].last.detail if failed[0].last else ''}."
    blocks: list[Block] = [Text(lead, Tone.WARNING if failed else Tone.LEAD)]
    for rows in (planned[:HISTORY], planned[HISTORY:]):
        if rows:
            blocks.append(KeyValues(tuple(_row(ctx, p) for p in rows)))
    names = failed or [p for p in planned if p.job.name == "backup"] or planned[:1]
    if names:
        name = names[0].job.name
        blocks.append(Buttons((Button(f"Run {name}", f"/jobs run {name}"), Button("History", f"/jobs {name}"))))
    return Reply(tuple(blocks), facts=sheet.facts)


def _row(ctx: Ctx, planned: Planned) -> tuple[str, str]:
    last = planned.last
    coming = f"next {planned.next.astimezone(ctx.zone):%a %H:%M}" if planned.next is not None else "none due"
    went = f"last {last.due.astimezone(ctx.zone):%a %H:%M} {_WORDS[last.outcome]}" if last is not None else "not run yet"
    return planned.job.name, f"{coming}; {went}"


async def _told(ctx: Ctx, schedule: Schedule, name: str) -> Reply:
    """One job: what it does, what becomes of missed runs, and its last decisions."""
    job = schedule.jobs.get(name)
    found = await schedule.history(job, HISTORY)
    planned = next(p for p in await schedule.agenda() if p.job.name == job.name)
    due = f" Next {moment(planned.next, ctx.zone)}." if planned.next is not None else ""
    lead = f"{job.name}: {job.help[0].lower()}{job.help[1:].rstrip('.')}.{due}"
    blocks: list[Block] = [Text(lead, Tone.LEAD), Text(f"Missed while nothing runs: {job.missed.value}.")]
    rows = tuple((f"{r.due.astimezone(ctx.zone):%a %d %b %H:%M}", _WORDS[r.outcome]) for r in found)
    blocks.append(Table(("Due", "How"), rows) if rows else Text("It has not run yet."))
    if found and found[0].detail:
        blocks.append(Text(f"Last: {found[0].detail}.", Tone.QUIET))
    return Reply((*blocks, Buttons((Button("Run it now", f"/jobs run {job.name}"),))))


def _ended(run: JobRun) -> Reply:
    """How a run that was asked for went."""
    detail = run.detail.partition("; ")[2] if run.outcome is Outcome.RAN else run.detail
    if run.outcome is Outcome.RAN:
        return Reply((Text(f"{run.job} ran" + (f": {detail}." if detail else "."), Tone.LEAD),))
    if run.outcome is Outcome.STARTED:
        return Reply((Text(f"{run.job} is running; `/jobs {run.job}` shows how it ends.", Tone.LEAD),))
    return Reply(
        (Text(f"{run.job} failed: {detail}. The log has more.", Tone.WARNING), Buttons((Button("Try again", f"/jobs run {run.job}"),)))
    )
