"""Put a plan's questions to an expert: the only loop over a network."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import threading
import warnings
from collections import deque
from collections.abc import Awaitable, Generator, Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress import TimeRemainingColumn as TimeLeft

from llmcd.errors import BudgetExceeded, ExpertError
from llmcd.expert.answers import Answer, Answers
from llmcd.expert.budget import Budget, Ledger, Price, as_budget
from llmcd.expert.kinds import answers_from, kind_of, read_reply
from llmcd.expert.protocol import Expert, Reply, StopAsking, identity, label, untold
from llmcd.expert.questions import Plan, Question
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store, question_key

__all__ = ["ask"]

_QUOTED = 2000  # characters of an unreadable reply that are shown back
_LAST_REPLIES = 2.0  # seconds to wait for what is under way after an interrupt


def ask(
    plan: Plan | Iterable[Question],
    expert: Expert | str,
    *,
    store: Store | str | os.PathLike[str] | None = None,
    budget: Budget | None = None,
    progress: bool = True,
) -> Answers:
    """Ask every question of a plan that is not answered yet.

    With a store, every reply is on disk before it is used and is never asked for
    again, so an interrupted run goes on where it stopped. A reply that cannot be read
    is asked for once more with a remark, then it is an answer without a verdict. When
    the budget is reached, the expert fails or Ctrl-C is pressed, what was answered is
    returned, with the reason in ``unfinished``.

    Parameters
    ----------
    plan : Plan or iterable of Question
        What to ask; the same question twice is asked once.
    expert : Expert or str
        Whom to ask; a string as in ``discover``.
    store : Store or path, optional
        Where replies are kept; None keeps them only in the result.
    budget : Budget, optional
        Limits, checked before each request.
    progress : bool, optional
        Show a bar on standard error when that is a terminal.

    Returns
    -------
    Answers
        In the order of the plan.

    Raises
    ------
    ExpertError
        If the expert fails before it gave a single new reply, or the store cannot be
        used.
    BudgetExceeded
        If not even the first question fits into the budget.
    ValueError
        If there is nobody to ask.
    TypeError
        If the budget is no Budget.

    Examples
    --------
    >>> class Sceptic:
    ...     def answer(self, question):
    ...         return '{"reasoning": "", "verdict": "unsure", "probability": 1}'
    >>> q = Question("pairwise", "x", "y", "", "A is x, B is y: which?", "mine-1")
    >>> ask([q], Sceptic(), progress=False).abstentions
    {'unsure': 1}
    """
    somebody = resolve(expert)
    if somebody is None:
        raise ValueError("there is nobody to ask: expert is None; give an expert")
    questions = plan.questions if isinstance(plan, Plan) else tuple(plan)
    notes = plan.notes if isinstance(plan, Plan) else ()
    limits = as_budget(budget)
    given = store if isinstance(store, Store) or store is None else Store(store)
    run = _Run(somebody, given, limits, notes)
    lost = untold(somebody) if given is not None else ()
    if lost:
        _warn(
            f"the store cannot compare the attributes {list(lost)} of {run.label} and "
            f"takes any two such {type(somebody).__name__} for one"
        )
    try:
        found = run.ask(tuple(dict.fromkeys(questions)), progress)
    finally:
        if given is not None and given is not store:
            given.close()
    is_new = given is not None and run.n_new and not lost
    if is_new and identity(somebody) != run.identity:
        _warn(
            f"the attributes of {run.label} changed while it was asked, so that the "
            "store will not find these replies again"
        )
    return found


def _warn(problem: str) -> None:
    give = "give it an attribute `identity`, a mapping of all that may change a reply"
    warnings.warn(f"{problem}; {give}", UserWarning, stacklevel=3)


def _exchange(
    question: Question, expert: str
) -> Generator[Question, Reply | None, tuple[Answer, ...]]:
    """Yield what is to be asked, take the replies, return the answers."""
    first = yield question
    reply = first or Reply(None)
    replies = [reply]
    said = read_reply(reply, question)
    if all(x.parsed.reason == "unparsable" for x in said):
        remark = kind_of(question.kind).remark
        second = yield question.again((reply.text or "")[:_QUOTED], remark)
        if second is not None and second.finish != "missing":
            replies.append(second)
    return answers_from(question, replies, expert=expert)


class _Task:
    """One question on its way to its answers."""

    def __init__(self, question: Question, expert: str) -> None:
        self._steps = _exchange(question, expert)
        self.waiting: Question | None = next(self._steps)
        self.answers: tuple[Answer, ...] = ()

    def take(self, reply: Reply | None) -> None:
        try:
            self.waiting = self._steps.send(reply)
        except StopIteration as done:
            self.waiting, self.answers = None, done.value

    def give_up(self) -> None:
        """Make do without the second reply, if that is what is missing."""
        if self.waiting is not None and self.waiting.exchange:
            self.take(None)


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


class _Run:
    def __init__(
        self,
        expert: Expert,
        store: Store | None,
        budget: Budget,
        notes: tuple[str, ...],
    ) -> None:
        self.expert, self.store, self.budget = expert, store, budget
        self.notes = notes
        self.label, self.identity = label(expert), identity(expert)
        self.stop = _Stop()
        self.n_new = 0
        self.n_stored = 0

    def ask(self, questions: tuple[Question, ...], progress: bool) -> Answers:
        tasks = [_Task(question, self.label) for question in questions]
        with _Bar(self, tasks, progress) as bar:
            try:
                self._look_up(tasks)
                waiting = [task for task in tasks if task.waiting is not None]
                bar.update()
                if waiting:
                    self.ledger = Ledger(self.budget, self.expert)
                    self._drive(waiting, bar)
            except KeyboardInterrupt:
                self.stop("interrupted")
        for task in tasks:
            task.give_up()
        return self._answers(tasks)

    def _answers(self, tasks: list[_Task]) -> Answers:
        done = [task for task in tasks if task.answers]
        found = tuple(answer for task in done for answer in task.answers)
        if len(done) == len(tasks):
            return Answers(found)
        stop = self.stop
        if stop.error is not None and not (
            found if isinstance(stop.error, BudgetExceeded) else self.n_new
        ):
            raise stop.error
        go_on = "ask again with the same store to go on"
        if self.store is None:
            go_on = "with store= a later run would go on from here"
        said = f"{len(done)} of {len(tasks)} questions answered; {stop.why}; {go_on}"
        return Answers(found, {self.label: ". ".join([said, *self.notes])})

    def _look_up(self, tasks: list[_Task]) -> None:
        if self.store is None:
            return
        for task in tasks:
            while task.waiting is not None:
                stored = self.store.get(question_key(task.waiting, self.identity))
                if stored is None:
                    break
                task.take(stored)
            self.n_stored += bool(task.answers)

    def _drive(self, tasks: list[_Task], bar: _Bar) -> None:
        width = max(1, int(getattr(self.expert, "concurrency", 1)))
        if width == 1 and not inspect.iscoroutinefunction(self.expert.answer):
            # in the caller's thread: people type there, and objects may be bound to it
            self._one_by_one(tasks, bar)
        else:
            self._side_by_side(tasks, bar, width)

    def _one_by_one(self, tasks: list[_Task], bar: _Bar) -> None:
        for task in tasks:
            while task.waiting is not None and not self.stop.asked_for:
                price = self.ledger.reserve(task.waiting)
                if price is None:
                    self._out_of_budget()
                    break
                reply = self._call(task.waiting, price)
                if reply is not None:
                    task.take(reply)
                bar.update()

    def _out_of_budget(self) -> None:
        spent = f"the budget is reached ({self.ledger})"
        # raised only when nothing at all was answered
        self.stop(
            spent,
            BudgetExceeded(
                f"0 questions to {self.label} fitted the budget: {spent}, and the "
                f"worst case of a question is reserved before it is sent. Raise the "
                f"Budget"
            ),
        )

    def _call(self, question: Question, price: Price) -> Reply | None:
        """Ask and store; None, and a reason to stop, when that fails."""
        try:
            given = self.expert.answer(question)
            if inspect.isawaitable(given):
                given = _wait_for(given)
            return self._keep(question, price, given)
        except Exception as problem:  # typed and handed on
            self._failed(question, problem)
            return None

    async def _call_async(self, question: Question, price: Price) -> Reply | None:
        try:
            given = self.expert.answer(question)
            if inspect.isawaitable(given):
                given = await given
            return self._keep(question, price, given)
        except Exception as problem:  # typed and handed on
            self._failed(question, problem)
            return None

    def _keep(self, question: Question, price: Price, given: object) -> Reply:
        reply = Reply(given) if isinstance(given, str) else given
        if not isinstance(reply, Reply):
            raise ExpertError(
                f"{self.label}.answer(question) must give text or a Reply, got "
                f"{type(given).__name__}"
            )
        self.ledger.settle(price, reply)
        if self.store is not None and reply.finish != "missing":
            reply = self._stored(self.store, question, reply)
        self.n_new += 1
        return reply

    def _stored(self, store: Store, question: Question, reply: Reply) -> Reply:
        try:
            return store.put(
                question_key(question, self.identity),
                question,
                reply,
                label=self.label,
                identity=self.identity,
            )
        except ExpertError as problem:
            # the reply is paid for: use it, and ask no more
            self.stop(f"paused because: {problem}", problem)
            return reply

    def _failed(self, question: Question, problem: Exception) -> None:
        if isinstance(problem, StopAsking):
            self.stop(str(problem) or "stopped")
            return
        if not isinstance(problem, ExpertError):
            named = ExpertError(
                f"{self.label} failed on the question about {question.a!r} and "
                f"{question.b!r}: {type(problem).__name__}: {problem}"
            )
            named.__cause__ = problem
            problem = named
        self.stop(f"paused because: {problem}", problem)

    def _side_by_side(self, tasks: list[_Task], bar: _Bar, width: int) -> None:
        """Run an event loop in a thread of its own: the caller may be inside one."""
        loop = asyncio.new_event_loop()
        crowd = loop.create_task(self._workers(tasks, bar, width))
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
        except KeyboardInterrupt:
            self.stop("interrupted")
            thread.join(_LAST_REPLIES)
            if thread.is_alive():
                loop.call_soon_threadsafe(crowd.cancel)
                thread.join()
        if failure:
            raise failure[0]

    async def _workers(self, tasks: list[_Task], bar: _Bar, width: int) -> None:
        queue = deque(tasks)
        under_way = 0
        settled = asyncio.Event()
        answers_now = not inspect.iscoroutinefunction(self.expert.answer)

        async def reserve(question: Question) -> Price | None:
            while not self.stop.asked_for:
                price = self.ledger.reserve(question)
                if price is not None or not under_way:
                    return price
                settled.clear()  # what others set aside may come back
                await settled.wait()
            return None

        async def work(most: int) -> None:
            nonlocal under_way
            for _ in range(most):
                if not queue or self.stop.asked_for:
                    return
                task = queue.popleft()
                while task.waiting is not None and not self.stop.asked_for:
                    price = await reserve(task.waiting)
                    if price is None:
                        self._out_of_budget()
                        return
                    under_way += 1
                    try:
                        if answers_now:
                            reply = await self._in_thread(task.waiting, price)
                        else:
                            reply = await self._call_async(task.waiting, price)
                    finally:
                        under_way -= 1
                        settled.set()
                    if reply is not None:
                        task.take(reply)
                    bar.update()

        # one alone: what fails for everybody, such as a login, fails once
        await work(1)
        await asyncio.gather(*(work(len(tasks)) for _ in range(min(width, len(tasks)))))

    async def _in_thread(self, question: Question, price: Price) -> Reply | None:
        # a daemon thread: a request under way must not keep the program from ending;
        # should it come back later, it is still stored
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply | None] = loop.create_future()

        def finish(reply: Reply | None) -> None:
            if not future.done():
                future.set_result(reply)

        def work() -> None:
            reply = self._call(question, price)
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


class _Bar:
    """Done, stored, abstained, spent and time left; silent where nobody looks."""

    def __init__(self, run: _Run, tasks: list[_Task], wanted: bool) -> None:
        self._run, self._tasks = run, tasks
        talks = getattr(run.expert, "interactive", False)
        self._progress: Progress | None = None
        if wanted and tasks and not talks and sys.stderr.isatty():
            self._progress = Progress(
                TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeLeft(),
                TextColumn("{task.fields[state]}"), console=Console(stderr=True),
            )  # fmt: skip

    def __enter__(self) -> _Bar:
        if self._progress is not None:
            self._progress.start()
            self._id = self._progress.add_task("", total=len(self._tasks), state="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self) -> None:
        if self._progress is None:
            return
        done = [task for task in self._tasks if task.answers]
        silent = sum(all(x.verdict is None for x in task.answers) for task in done)
        ledger = getattr(self._run, "ledger", None)
        state = f"{self._run.n_stored} stored, {silent} without a verdict"
        state += f", {ledger}" if ledger is not None else ""
        self._progress.update(self._id, completed=len(done), state=state)
