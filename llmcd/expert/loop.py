"""The only loop over a network."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections import deque
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field

from llmcd.errors import BudgetExceeded, ExpertError
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget, Ledger, Permit, Purse
from llmcd.expert.claims import Claims
from llmcd.expert.panel import Panel, asked_of, members
from llmcd.expert.planned import Plan
from llmcd.expert.progress import Bar
from llmcd.expert.protocol import Expert, Reply, StopAsking
from llmcd.expert.questions import Question
from llmcd.expert.store import Store
from llmcd.expert.tasks import Member, Task

__all__ = ["Run"]

_LAST_REPLIES = 2.0  # seconds to wait for what is under way after an interrupt
_LOOK_AGAIN = 0.05  # seconds, while somebody else asks the same


@dataclass
class _Stop:
    """Why no more questions are asked; empty while there is no reason."""

    why: str = ""
    error: ExpertError | None = None
    event: threading.Event = field(default_factory=threading.Event)

    def __call__(self, why: str, error: ExpertError | None = None) -> None:
        if not self.event.is_set():
            self.why, self.error = why, error
            self.event.set()

    @property
    def asked_for(self) -> bool:
        return self.event.is_set()


class Run:
    """One call of ``ask``: what is stored, what is asked, and how it ends.

    Parameters
    ----------
    expert : Expert
        One, or a panel.
    store : Store or None
        Where replies are kept.
    budget : Budget or Purse
        For all together; a purse is for later runs too.
    plan : Plan or iterable of Question
        What to ask.
    """

    def __init__(
        self,
        expert: Expert,
        store: Store | None,
        budget: Budget | Purse,
        plan: Plan | Iterable[Question],
    ) -> None:
        self.store = store
        self.purse = budget if isinstance(budget, Purse) else Purse(budget)
        self.members = [Member(each, store) for each in members(expert)]
        self.may_drop = isinstance(expert, Panel) and expert.failing == "drop"
        self.notes = plan.notes if isinstance(plan, Plan) else ()
        self.pairs = plan.pairs if isinstance(plan, Plan) else ()
        asked = plan.questions if isinstance(plan, Plan) else tuple(plan)
        alone = len(self.members) == 1  # then its samples are whatever was planned
        # question by question, so that a budget that ends anywhere has asked everybody
        self.tasks = [
            Task(question, member)
            for question in dict.fromkeys(asked)
            for member in self.members
            if alone or asked_of(member.expert, [question])
        ]
        self.stop = _Stop()
        self.claims = Claims(None if store is None else store.path)
        self.seen: dict[str, Reply] = {}
        self.n_stored = 0
        self.ledger: Ledger | None = None

    # --- what there is already --------------------------------------------------------

    def missing(self) -> list[Task]:
        """What the store cannot answer."""
        self._look_up()
        for task in self.tasks:
            task.give_up()
        return [task for task in self.tasks if not task.answers]

    def replay(self) -> Answers:
        """Every answer from the store, or an error that says how many are missing."""
        missing = self.missing()
        if missing:
            first = missing[0]
            raise ExpertError(
                f"{len(missing)} of {len(self.tasks)} replies are not in the store, "
                f"such as that of {first.member.label} about {first.question.a!r} "
                f"(shown first) and {first.question.b!r}. A replay asks nothing: ask "
                f"without it, or give the store of that run"
            )
        return self._answers()

    def _look_up(self) -> None:
        if self.store is None:
            return
        for task in self.tasks:
            while task.is_open and self._find(task):
                pass

    def _find(self, task: Task) -> bool:
        """Whether a reply is there already; then it is taken."""
        key = task.key
        known = self.seen.get(key) if self.store is None else self.store.get(key)
        if known is None:
            return False
        task.take(known)
        self.n_stored += bool(task.answers)
        return True

    # --- asking -----------------------------------------------------------------------

    def ask(self, progress: bool) -> Answers:
        """Every answer that can be had."""
        talks = any(getattr(m.expert, "interactive", False) for m in self.members)
        for member in self.members:
            look_at = getattr(member.expert, "look_at", None)
            if callable(look_at):
                look_at(self.pairs)
        with Bar(len(self.tasks), wanted=progress and not talks) as bar:
            try:
                self._look_up()
                waiting = [task for task in self.tasks if task.is_open]
                self._tell(bar)
                if waiting:
                    self._drive(waiting, bar)
            except KeyboardInterrupt:
                self.stop("interrupted")
            self._tell(bar)
        for task in self.tasks:
            task.give_up()
        return self._answers()

    def _tell(self, bar: Bar) -> None:
        if not bar.is_seen:
            return
        done = [task for task in self.tasks if task.answers]
        silent = sum(all(x.verdict is None for x in task.answers) for task in done)
        state = f"{self.n_stored} stored, {silent} without a verdict"
        bar.tell(len(done), state + (f", {self.ledger}" if self.ledger else ""))

    def _answers(self) -> Answers:
        answered = [task for task in self.tasks if task.answers]
        found = tuple(answer for task in answered for answer in task.answers)
        if len(answered) == len(self.tasks):
            return Answers(found)
        self._raise_for_nothing(bool(found))
        go_on = "ask again with the same store to go on"
        if self.store is None:
            go_on = "with store= a later run would go on from here"
        unfinished: dict[str, str] = {}
        for member in self.members:
            mine = [task for task in self.tasks if task.member is member]
            done = sum(bool(task.answers) for task in mine)
            if done < len(mine):
                why = self.stop.why or f"dropped because: {member.problem}"
                said = f"{done} of {len(mine)} questions answered; {why}; {go_on}"
                unfinished[member.label] = ". ".join([said, *self.notes])
        return Answers(found, unfinished)

    def _raise_for_nothing(self, has_answers: bool) -> None:
        """A run that brought nothing new is an error; also for one of a panel."""
        if isinstance(self.stop.error, BudgetExceeded) and not has_answers:
            raise self.stop.error
        failed = [m for m in self.members if m.problem is not None]
        drop = self.may_drop and len(failed) < len(self.members)
        for member in failed:
            if member.problem is not None and not member.n_new and not drop:
                raise member.problem

    def _drive(self, tasks: list[Task], bar: Bar) -> None:
        self.ledger = self.purse.ledger_for(*(m.expert for m in self.members))
        here = [task for task in tasks if task.member.is_here]
        crowd = [task for task in tasks if not task.member.is_here]
        if crowd:
            self._side_by_side(crowd, bar)
        self._one_by_one(here, bar)

    def _is_over(self, member: Member) -> bool:
        return self.stop.asked_for or member.problem is not None

    def _one_by_one(self, tasks: list[Task], bar: Bar) -> None:
        for task in tasks:
            while task.is_open and not self._is_over(task.member):
                key = self._claim(task)
                if key is None:
                    time.sleep(_LOOK_AGAIN if task.is_open else 0)
                    continue
                permit = self._permit(task)
                if permit is None:
                    self._out_of_budget(key)
                    break
                reply = self._call(task, permit, key)
                if reply is not None:
                    task.take(reply)
                self._tell(bar)
                bar.show()

    def _claim(self, task: Task) -> str | None:
        """The key of what is to be asked; None when somebody else asks the same."""
        key = task.key
        mine = self.claims.take(key)
        # whoever asked it before may just have stored the reply
        if not self._find(task):
            return key if mine else None
        if mine:
            self.claims.give_back(key)
        return None

    def _permit(self, task: Task) -> Permit | None:
        if task.waiting is None or self.ledger is None:
            return None
        expert = task.member.expert
        price = self.ledger.reserve(task.waiting, expert)
        if price is None:
            return None
        stopped = self.stop.event.is_set
        return Permit(self.ledger, expert, task.waiting, price, stopped)

    def _out_of_budget(self, key: str) -> None:
        self.claims.give_back(key)
        spent = f"the budget is reached ({self.ledger})"
        # raised only when nothing at all was answered
        self.stop(
            spent,
            BudgetExceeded(
                f"0 questions to {' + '.join(m.label for m in self.members)} fitted "
                f"the budget: {spent}, and the worst case of a question is reserved "
                f"before it is sent. Raise the Budget"
            ),
        )

    def _call(self, task: Task, permit: Permit, key: str) -> Reply | None:
        """Ask and store; None, and a reason to stop, when that fails."""
        try:
            given = task.member.answer(task.pending, permit)
            if inspect.isawaitable(given):
                given = _wait_for(given)
            return self._keep(task, permit, given, key)
        except Exception as problem:  # typed and handed on
            self._failed(task, problem)
            return None
        finally:
            self.claims.give_back(key)

    async def _call_async(self, task: Task, permit: Permit, key: str) -> Reply | None:
        try:
            given = task.member.answer(task.pending, permit)
            if inspect.isawaitable(given):
                given = await given
            return self._keep(task, permit, given, key)
        except Exception as problem:  # typed and handed on
            self._failed(task, problem)
            return None
        finally:
            self.claims.give_back(key)

    def _keep(self, task: Task, permit: Permit, given: object, key: str) -> Reply:
        reply = Reply(given) if isinstance(given, str) else given
        if not isinstance(reply, Reply):
            raise ExpertError(
                f"{task.member.label}.answer(question) must give text or a Reply, got "
                f"{type(given).__name__}"
            )
        permit.settle(reply)
        if reply.finish != "missing":
            if self.store is None:
                self.seen[key] = reply
            else:
                reply = self._stored(self.store, task, reply, key)
        task.member.n_new += 1
        return reply

    def _stored(self, store: Store, task: Task, reply: Reply, key: str) -> Reply:
        try:
            return store.put(
                key,
                task.pending,
                reply,
                label=task.member.label,
                identity=task.member.identity,
            )
        except ExpertError as problem:
            # the reply is paid for: use it, and ask no more
            self.stop(f"paused because: {problem}", problem)
            return reply

    def _failed(self, task: Task, problem: Exception) -> None:
        if self.stop.asked_for:
            return  # nobody waits for it any more
        if isinstance(problem, StopAsking):
            self.stop(str(problem) or "stopped")
            return
        member = task.member
        if not isinstance(problem, ExpertError):
            about = task.question
            named = ExpertError(
                f"{member.label} failed on the question about {about.a!r} and "
                f"{about.b!r}: {type(problem).__name__}: {problem}"
            )
            named.__cause__ = problem
            problem = named
        member.problem = member.problem or problem
        if not self.may_drop:
            self.stop(f"paused because: {problem}", problem)

    def _side_by_side(self, tasks: list[Task], bar: Bar) -> None:
        """Run an event loop in a thread of its own: the caller may be inside one."""
        loop = asyncio.new_event_loop()
        crowd = loop.create_task(self._workers(tasks, bar))
        failure: list[BaseException] = []

        def work() -> None:
            try:
                loop.run_until_complete(crowd)
            except asyncio.CancelledError:
                pass
            except BaseException as problem:  # raised in the caller
                failure.append(problem)
            finally:
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()

        thread = threading.Thread(target=work, name="llmcd-ask", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.1)
                bar.show()
        except KeyboardInterrupt:
            self.stop("interrupted")
            thread.join(_LAST_REPLIES)
            if thread.is_alive():
                loop.call_soon_threadsafe(crowd.cancel)
                thread.join()
        if failure:
            raise failure[0]

    async def _workers(self, tasks: list[Task], bar: Bar) -> None:
        queue = deque(tasks)
        under_way = 0
        settled = asyncio.Event()
        asked = list(dict.fromkeys(task.member for task in tasks))
        slots = {member: asyncio.Semaphore(member.width) for member in asked}

        async def permit_for(task: Task) -> Permit | None:
            while not self._is_over(task.member):
                permit = self._permit(task)
                if permit is not None or not under_way:
                    return permit
                settled.clear()  # what others set aside may come back
                await settled.wait()
            return None

        async def step(task: Task) -> None:
            nonlocal under_way
            key = self._claim(task)
            if key is None:
                await asyncio.sleep(_LOOK_AGAIN if task.is_open else 0)
                return
            permit = await permit_for(task)
            if permit is None:
                self.claims.give_back(key)
                if not self._is_over(task.member):
                    self._out_of_budget(key)
                return
            under_way += 1
            call = self._call_async if task.member.is_async else self._in_thread
            try:
                reply = await call(task, permit, key)
            finally:
                under_way -= 1
                settled.set()
            if reply is not None:
                task.take(reply)
            self._tell(bar)

        async def one(task: Task) -> None:
            async with slots[task.member]:
                while task.is_open and not self._is_over(task.member):
                    await step(task)

        async def work() -> None:
            while queue and not self.stop.asked_for:
                await one(queue.popleft())

        # one alone: what fails for everybody, such as a login, fails once
        for member in asked:
            first = next(task for task in tasks if task.member is member)
            queue.remove(first)
            await one(first)
        n_workers = min(sum(member.width for member in asked), len(queue))
        await asyncio.gather(*(work() for _ in range(n_workers)))

    async def _in_thread(self, task: Task, permit: Permit, key: str) -> Reply | None:
        # a daemon thread: a request under way must not keep the program from ending;
        # should it come back later, it is still stored
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply | None] = loop.create_future()

        def finish(reply: Reply | None) -> None:
            if not future.done():
                future.set_result(reply)

        def work() -> None:
            reply = self._call(task, permit, key)
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish, reply)

        threading.Thread(target=work, name="llmcd-question", daemon=True).start()
        return await future


def _wait_for(awaitable: Awaitable[str | Reply]) -> str | Reply:
    """Await in a thread of its own, since this one may run an event loop."""
    found: list[str | Reply] = []
    failed: list[Exception] = []

    async def take() -> str | Reply:
        return await awaitable

    def work() -> None:
        try:
            found.append(asyncio.run(take()))
        except Exception as problem:  # raised below
            failed.append(problem)

    thread = threading.Thread(target=work, name="llmcd-await", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]
