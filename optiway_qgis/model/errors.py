"""Every error a user can meet, one type per cause. Codes are explained in docs/errors.md.

A stop that cannot be served is not an error: it is part of the plan (see reasons.py).
"""

from __future__ import annotations

from typing import Iterable


class OptiwayError(Exception):
    """Base of all errors that carry a message meant for the user.

    `code` is a stable word listed in docs/errors.md; the text names the cause and the remedy.
    """

    code = "error"


class InputError(OptiwayError):
    """The layers or settings of a job cannot be used. Holds every problem found, not only the first."""

    code = "input"

    def __init__(self, problems: Iterable[str]):
        self.problems = list(problems)
        if len(self.problems) == 1:
            text = self.problems[0]
        else:
            lines = "\n".join(f"  {number}. {text}" for number, text in enumerate(self.problems, 1))
            text = f"{len(self.problems)} problems in the input:\n{lines}"
        super().__init__(text)


class EngineMissing(OptiwayError):
    """No engine environment was found."""

    code = "engine_missing"


class EngineOutdated(OptiwayError):
    """The engine environment has other versions than this plugin needs."""

    code = "engine_outdated"


class EngineBroken(OptiwayError):
    """The engine environment is there but does not start."""

    code = "engine_broken"


class EngineInstallError(OptiwayError):
    """Making or removing the engine environment failed."""

    code = "engine_install"


class EngineCrashed(OptiwayError):
    """The engine process ended in the middle of a job."""

    code = "engine_crashed"


class JobFailed(OptiwayError):
    """The engine refused or could not finish a job and said why."""

    code = "job_failed"


class ServerError(OptiwayError):
    """A routing server cannot be reached, refuses to answer, or answers what cannot be true."""

    code = "server"


class JobCancelled(OptiwayError):
    """The user cancelled the job."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled. No output was written.")
