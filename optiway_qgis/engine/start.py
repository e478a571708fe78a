"""What QGIS starts: `python -I start.py PARENT [name==version ...]`, the job on standard input.

Makes the process safe before anything heavy is loaded, then hands over to __main__.py. The packages named
must be there in these versions; they are given when nothing else vouches for the environment.
"""

from __future__ import annotations

import os
import sys


def start(parent: int, pins: list[str]) -> int:
    """Serve one job for the process `parent`; return the exit code."""
    # Last: nothing beside the plugin may shadow a module of the environment.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from optiway_qgis.engine import lifeline

    lifeline.guard_parent(parent)
    from optiway_qgis.engine.channel import Channel, open_channel, serve

    def main(channel: Channel) -> int:
        check_versions(pins)
        from optiway_qgis.engine.__main__ import main

        return main(channel)

    return serve(open_channel(), main)


def check_versions(pins: list[str]) -> None:
    """`EngineBroken` when a package is missing, `EngineOutdated` when its version is another."""
    if not pins:
        return
    from importlib.metadata import PackageNotFoundError, version

    from optiway_qgis.model.errors import EngineBroken, EngineOutdated

    for pin in pins:
        name, _, wanted = pin.partition("==")
        try:
            present = version(name)
        except PackageNotFoundError as error:
            raise EngineBroken(f"{sys.executable} has no {name}.") from error
        if present != wanted:
            raise EngineOutdated(f"{sys.executable} has {name} {present}, this plugin needs {wanted}.")


if __name__ == "__main__":
    sys.exit(start(int(sys.argv[1]), sys.argv[2:]))
