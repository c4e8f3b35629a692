"""Volumes of assets: each holds the files of one digest, for all cases of an evaluation."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from tempfile import TemporaryFile

from runner.contract.limits import Limits
from runner.files.shared_files import SharedFiles
from runner.sandbox.case import Host, create_attested
from runner.sandbox.policy import (
    ASSETS_DIR,
    Body,
    SandboxNames,
    assets_keeper_body,
    assets_volume_body,
)


class AssetVolumes:
    """The volumes of one sandbox. They are filled when they are first asked for.

    Args:
        new_names: returns names that nothing has on the engine.
    """

    def __init__(self, host: Host, new_names: Callable[[], SandboxNames]) -> None:
        self._host, self._new_names = host, new_names
        self._volumes: dict[str, Body] = {}
        self._lock = threading.Lock()

    def volume_of(self, assets: SharedFiles) -> Body:
        """Return the request that created the volume of these files; other threads wait for it.

        Raises:
            EngineError: it can't be made or filled; nothing is left of it.
            SuiteError: the files have changed.
        """
        with self._lock:
            if assets.digest not in self._volumes:
                self._volumes[assets.digest] = self._fill(assets)
            return self._volumes[assets.digest]

    def _fill(self, assets: SharedFiles) -> Body:
        engine, names = self._host.engine, self._new_names()
        volume = assets_volume_body(names)
        with ExitStack() as if_it_fails, TemporaryFile() as archive:
            assets.write_archive(archive)
            archive.seek(0)
            if_it_fails.callback(engine.remove, "volume", names.assets_volume)
            engine.create_volume(volume)
            with ExitStack() as always:
                always.callback(engine.remove, "container", names.keeper)
                body = assets_keeper_body(self._host.keeper_image, Limits(), names)
                keeper, _ = create_attested(
                    engine, body, names.keeper, (volume,), "the keeper of the assets"
                )
                keeper.put_archive(ASSETS_DIR, archive)
            if_it_fails.pop_all()
        return volume
