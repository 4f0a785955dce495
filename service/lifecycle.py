"""Where the process stands between its start and its end."""

from __future__ import annotations

from service.errors import NotReady
from service.registry import Registry, Served
from service.settings import Settings


class Lifecycle:
    """Loading, then serving, then draining; owned by the event loop's thread.

    Attributes:
        draining: SIGTERM has come: what was accepted is finished, then the process ends.
        failure: why the service cannot serve and must end, if it is so.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._registry: Registry | None = None
        self.draining = False
        self.failure: Exception | None = None

    def loaded(self, registry: Registry) -> None:
        """Everything in ``registry`` is warmed up: translate from now on."""
        self._registry = registry

    @property
    def registry(self) -> Registry:
        """What is served.

        Raises:
            NotReady: it is still being loaded.
        """
        if self._registry is None:
            raise NotReady("the service is loading its checkpoints; try again in a few seconds")
        return self._registry

    @property
    def served(self) -> tuple[Served, ...]:
        """What is served; nothing while loading."""
        return self._registry.served if self._registry is not None else ()

    def check_alive(self) -> None:
        """Do nothing if every engine's loop beats, or has nothing to do.

        Raises:
            NotReady: one is stuck.
        """
        for one in self.served:
            age = one.engine.status().beat_age_seconds
            if age > self._settings.stuck_after_seconds:
                raise NotReady(f"the engine of {one.name} has been in one step for {age:.0f} seconds")

    def check_ready(self) -> None:
        """Do nothing if a translation sent now would be taken.

        Raises:
            NotReady: loading, draining, an engine has died, or its queue is full.
        """
        if self.draining:
            raise NotReady("draining: the service finishes what it has accepted, then ends")
        for one in self.registry.served:
            status = one.engine.status()
            if not status.ready:
                raise NotReady(f"the engine of {one.name} takes no work")
            if status.queue_segments >= self._settings.max_queue_segments:
                raise NotReady(f"saturated: the queue of {one.name} is full")
