"""How an application's OpenAI client reaches Caravan: by Host header, or by http_proxy."""

import json
import os
import urllib.request

import openai
import pytest

CARAVAN = os.environ["CARAVAN"]
EMULATOR_ADMIN = os.environ["EMULATOR_ADMIN"]
WAYS = ["host header", "http_proxy"]


@pytest.fixture(params=WAYS)
def client_for(request, monkeypatch):
    """A function: host name -> client of that host, without a key that any provider would take."""

    def client_for(host):
        options = {"api_key": "none", "max_retries": 0, "timeout": 30}
        if request.param == "host header":
            return openai.OpenAI(base_url=f"{CARAVAN}/v1", default_headers={"Host": host}, **options)
        monkeypatch.setenv("http_proxy", CARAVAN)
        return openai.OpenAI(base_url=f"http://{host}/v1", **options)

    return client_for


@pytest.fixture
def client(client_for):
    with client_for("dashscope.aliyuncs.com") as client:
        yield client


@pytest.fixture
def emulator():
    """The provider's remote control: a function of path and JSON."""

    def post(path, body=None):
        request = urllib.request.Request(
            EMULATOR_ADMIN + path, data=json.dumps(body or {}).encode(), method="POST"
        )
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()

    yield post
    post("/reset")
