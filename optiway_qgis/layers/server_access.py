"""What the engine needs to reach a routing server: credentials, proxy and certificates, as QGIS has them.

Requests are the engine's. Everything here reads QGIS's settings and belongs into the main thread.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from qgis.core import QgsApplication, QgsAuthMethodConfig, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

from ..model.errors import InputError

METHODS = ("Basic", "APIHeader")
"""Authentication methods of QGIS that can be handed on: what they send is known."""


def server_access(url: str, configuration: str) -> dict[str, Any]:
    """Return the members `url`, `headers`, `basic`, `proxy`, `ca_bundle` of a job's travel, as far as needed.

    `configuration` is the id of an authentication configuration, or empty. The result holds secrets.

    Raises
    ------
    InputError
        When the configuration cannot be read or its method cannot be handed on, or the proxy cannot be used.
    """
    access: dict[str, Any] = {"url": url}
    if configuration:
        access.update(_credentials(configuration))
    proxy = _proxy(url)
    if proxy:
        access["proxy"] = proxy
    if url.lower().startswith("https:"):
        authorities = _authorities()
        if authorities:
            access["ca_bundle"] = authorities
    return access


def _credentials(configuration: str) -> dict[str, Any]:
    manager = QgsApplication.authManager()
    known, config = manager.loadAuthenticationConfig(configuration, QgsAuthMethodConfig(), True)
    if not known:
        raise InputError(
            [
                f'AUTH: the authentication configuration "{configuration}" cannot be read. Check that it is '
                "in this QGIS profile and that the master password is right (qgis_process: "
                "QGIS_AUTH_PASSWORD_FILE)."
            ]
        )
    method, values = config.method(), config.configMap()
    if method == "Basic":
        return {"basic": [values.get("username", ""), values.get("password", "")]}
    if method == "APIHeader":
        return {"headers": {name: value for name, value in values.items() if name}}
    raise InputError(
        [
            f'AUTH: "{config.name()}" is of the method {method}. Give one of Basic authentication or API '
            "Header; a key goes into a header."
        ]
    )


def _proxy(url: str) -> str:
    """Return the URL of the proxy on the way to a server, empty for none."""
    manager = QgsNetworkAccessManager.instance()
    if any(start and url.startswith(start) for start in manager.excludeList() + manager.noProxyList()):
        return ""
    proxy = manager.fallbackProxy()
    if manager.useSystemProxy():
        proxy = QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(url)))[0]
    kinds = QNetworkProxy.ProxyType
    if proxy.type() in (kinds.NoProxy, kinds.DefaultProxy):
        return ""
    if proxy.type() not in (kinds.HttpProxy, kinds.HttpCachingProxy):
        raise InputError(
            [
                f"The proxy {proxy.hostName()} of QGIS is no HTTP proxy, which is what the routing engine "
                f"can use. Change it under Options > Network, or exclude {url} there."
            ]
        )
    user = f"{quote(proxy.user(), safe='')}:{quote(proxy.password(), safe='')}@" if proxy.user() else ""
    return f"http://{user}{proxy.hostName()}:{proxy.port()}"


def _authorities() -> str:
    """Return the certificates of the authorities the user added in QGIS, PEM text."""
    manager = QgsApplication.authManager()
    added = [*manager.extraFileCAs(), *manager.databaseCAs()]
    return "".join(bytes(certificate.toPem()).decode("ascii") for certificate in added)
