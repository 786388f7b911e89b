"""The local port for the operator's own monitoring: /healthz and /metrics."""

import ipaddress
import logging

from aiohttp import web

from bot.observation.health import Health, as_document, is_healthy
from bot.observation.metrics import Metrics
from bot.observation.waiting import Waiting

LOG = logging.getLogger(__name__)

NO_STORE = {"Cache-Control": "no-store"}
STOP_S = 0.5


class ObservationServer:
    """Listens on `host`:`port` (0 = any free port, see `port`), without authentication: meant for this machine."""

    def __init__(self, metrics: Metrics, health: Health, waiting: Waiting, *, host: str, port: int) -> None:
        self._metrics = metrics
        self._health = health
        self._waiting = waiting
        self._host, self._wanted_port = host, port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Raises OSError if the address or port cannot be had."""
        if not _is_loopback(self._host):
            LOG.warning("MAILCHECK_HTTP_HOST: others than this machine may read the metrics, on %s", self._host)
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._exposition)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)
        await runner.setup()
        self._runner = runner
        await web.TCPSite(runner, self._host, self._wanted_port).start()

    @property
    def port(self) -> int:
        assert self._runner is not None, "the server is not started"
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await self._health.stop()

    async def _healthz(self, _request: web.Request) -> web.Response:
        conditions = await self._health.look()
        status = 200 if is_healthy(conditions) else 503
        return web.json_response(as_document(conditions), status=status, headers=NO_STORE)

    async def _exposition(self, request: web.Request) -> web.Response:
        await self._waiting.measure()
        body, content_type = self._metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={**NO_STORE, "Content-Type": content_type})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
