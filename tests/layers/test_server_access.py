"""Credentials, proxy and certificates as QGIS has them, in the form the engine takes; the rest refused."""

from __future__ import annotations

import subprocess

import pytest
from qgis.core import QgsApplication, QgsAuthMethodConfig, QgsNetworkAccessManager
from qgis.PyQt.QtNetwork import QNetworkProxy, QSslCertificate

from optiway_qgis.layers.server_access import server_access
from optiway_qgis.model.errors import InputError

URL = "http://localhost:5000"


@pytest.fixture
def stored(qgis_app):
    """A function (method, values) -> id of an authentication configuration; removed again."""
    manager = QgsApplication.authManager()
    assert manager.setMasterPassword("open", True)
    ids = []

    def store(method, values):
        config = QgsAuthMethodConfig(method)
        config.setName(f"My {method}")
        config.setConfigMap(values)
        assert manager.storeAuthenticationConfig(config)[0]
        ids.append(config.id())
        return config.id()

    yield store
    for name in ids:
        manager.removeAuthenticationConfig(name)


@pytest.fixture
def proxied(qgis_app):
    """A function that sets QGIS's proxy and the addresses that go without it; reset again."""
    manager = QgsNetworkAccessManager.instance()
    before = manager.fallbackProxy(), manager.excludeList(), manager.noProxyList()

    def use(kind, exclude=(), none=(), user="", word=""):
        proxy = QNetworkProxy(kind, "proxy.invalid", 3128, user, word)
        manager.setFallbackProxyAndExcludes(proxy, list(exclude), list(none))

    yield use
    manager.setFallbackProxyAndExcludes(*before)


def test_nothing_but_the_address_where_nothing_is_set(qgis_app):
    """No proxy, no credentials, no certificates for plain HTTP."""
    assert server_access(URL, "") == {"url": URL}


def test_basic_and_headers_are_handed_on(stored):
    """The two methods whose words are known."""
    basic = stored("Basic", {"username": "lisa", "password": "wörd", "realm": ""})
    header = stored("APIHeader", {"Authorization": "sesame", "X-Other": "1"})
    assert server_access(URL, basic)["basic"] == ["lisa", "wörd"]
    assert server_access(URL, header)["headers"] == {"Authorization": "sesame", "X-Other": "1"}


@pytest.mark.parametrize("method", ["EsriToken", "OAuth2", "PKI-Paths"])
def test_other_methods_are_refused_by_name(stored, method):
    """With the configuration's name, and nothing of what it holds."""
    with pytest.raises(InputError, match=f"My {method}.*{method}") as caught:
        server_access(URL, stored(method, {"token": "sesame"}))
    assert "sesame" not in str(caught.value)


def test_a_configuration_that_is_not_there_is_named(stored):
    """It may be of another profile."""
    with pytest.raises(InputError, match="nope123"):
        server_access(URL, "nope123")


def test_the_proxy_of_qgis_is_used_except_where_excluded(proxied):
    """User and password travel in its URL, written so that any character survives."""
    http = QNetworkProxy.ProxyType.HttpProxy
    proxied(http)
    assert server_access(URL, "")["proxy"] == "http://proxy.invalid:3128"
    proxied(http, user="lisa", word="p@:/")
    assert server_access(URL, "")["proxy"] == "http://lisa:p%40%3A%2F@proxy.invalid:3128"
    for members in ({"exclude": [URL]}, {"none": ["http://localhost"]}):
        proxied(http, **members)
        assert server_access(URL, "") == {"url": URL}
        assert "proxy" in server_access("http://other", "")
    proxied(QNetworkProxy.ProxyType.NoProxy)
    assert server_access(URL, "") == {"url": URL}


def test_a_socks_proxy_is_refused(proxied):
    """The engine cannot speak to it, and going around it would be wrong."""
    proxied(QNetworkProxy.ProxyType.Socks5Proxy)
    with pytest.raises(InputError, match=r"proxy\.invalid"):
        server_access(URL, "")


def test_authorities_added_in_qgis_are_handed_on(stored, tmp_path):
    """A company signs its own servers; plain HTTP needs none of it."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Ours"]
    path = tmp_path / "authority.pem"
    subprocess.run([*made, "-keyout", tmp_path / "key.pem", "-out", path], check=True, capture_output=True)
    certificate = QSslCertificate(path.read_bytes())
    manager = QgsApplication.authManager()
    assert manager.storeCertAuthority(certificate)
    manager.rebuildCaCertsCache()
    try:
        assert server_access("https://localhost", "")["ca_bundle"] == path.read_text()
        assert "ca_bundle" not in server_access(URL, "")
    finally:
        manager.removeCertAuthority(certificate)
        manager.rebuildCaCertsCache()
