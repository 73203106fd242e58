"""Peak memory of a piece of work, where the system can tell."""

from __future__ import annotations

from pathlib import Path

__all__ = ["peak_mib", "reset_peak"]

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def reset_peak() -> bool:
    """Begin to measure anew.

    Returns
    -------
    bool
        Whether the system can; only Linux does.
    """
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def peak_mib() -> float | None:
    """Most memory that this process held since ``reset_peak``, in MiB.

    Returns
    -------
    float or None
        None where the system does not say.
    """
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return None
