import hashlib

import openai
import pytest

MODEL = "qwen-of-the-manifest"
CONTENT = "Hello! I am Qwen, a pre-trained language model developed by Alibaba Cloud."
PROMPT_TOKENS, COMPLETION_TOKENS = 3, 12
ASKED = {"model": "model-of-the-client", "messages": [{"role": "user", "content": "Please introduce yourself."}]}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


def wish(directives):
    return {"x-emulator": directives}


def test_an_answer_comes_from_the_configured_model(client):
    answer = client.chat.completions.create(**ASKED)

    assert answer.model == MODEL
    assert answer.choices[0].message.content == CONTENT
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == PROMPT_TOKENS
    assert answer.usage.completion_tokens == COMPLETION_TOKENS
    assert answer.usage.total_tokens == PROMPT_TOKENS + COMPLETION_TOKENS


def test_the_provider_gets_the_configured_path_and_key(client):
    told = client.chat.completions.with_raw_response.create(**ASKED).headers

    assert told["x-emulator-host"] == "dashscope.aliyuncs.com"
    assert told["x-emulator-path"] == "/compatible-mode/v1/chat/completions"
    key = hashlib.sha256(b"sample-key-of-the-manifest").hexdigest()
    assert told["x-emulator-key-fingerprint"] == key[:8]


def test_a_stream_comes_whole_and_without_the_usage_that_caravan_asked_for(client):
    chunks = list(client.chat.completions.create(**ASKED, stream=True))

    assert all(len(chunk.choices) == 1 and chunk.usage is None for chunk in chunks)
    assert {chunk.model for chunk in chunks} == {MODEL}
    parts = [chunk.choices[0].delta.content for chunk in chunks[1:-1]]
    assert len(parts) == COMPLETION_TOKENS
    assert "".join(parts) == CONTENT
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]


def test_a_stream_ends_with_the_usage_that_the_client_asked_for(client):
    chunks = list(client.chat.completions.create(**ASKED, stream=True, stream_options={"include_usage": True}))

    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == PROMPT_TOKENS + COMPLETION_TOKENS
    assert chunks[-2].choices[0].finish_reason == "stop"


def test_a_chunk_is_there_before_the_provider_sends_the_next(client, emulator):
    emulator(
        "/script",
        {
            "times": 1,
            "steps": ["sse", {"token": "one"}, {"gate": "python"}, {"token": "two"}, {"finish": "stop"}, "done"],
        },
    )
    stream = client.chat.completions.create(**ASKED, stream=True)

    assert next(stream).choices[0].delta.content == "one"
    emulator("/gates/python")
    assert next(stream).choices[0].delta.content == "two"
    assert [chunk.choices[0].finish_reason for chunk in stream] == ["stop"]


def test_a_tool_is_called(client):
    answer = client.chat.completions.create(**ASKED, tools=TOOLS)

    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content is None
    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Hangzhou"}')


def test_a_tool_is_called_in_a_stream(client):
    with client.chat.completions.stream(**ASKED, tools=TOOLS) as stream:
        answer = stream.get_final_completion()

    assert answer.choices[0].finish_reason == "tool_calls"
    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Hangzhou"}')


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_a_provider_that_limits_the_rate_raises_rate_limit_error(client, stream):
    with pytest.raises(openai.RateLimitError) as raised:
        client.chat.completions.create(
            **ASKED, stream=stream, extra_headers=wish("status=429; retry-after=7; message=slow down; code=limited")
        )

    assert raised.value.body["message"] == "slow down"
    assert raised.value.code == "limited"
    assert raised.value.response.headers["retry-after"] == "7"


def test_a_provider_that_refuses_the_request_raises_bad_request_error(client):
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(**ASKED, extra_headers=wish("status=400; message=too many tokens; code=length"))

    assert raised.value.body["message"] == "too many tokens"
    assert raised.value.code == "length"


def test_a_host_that_caravan_does_not_serve_raises_not_found_error(client_for):
    with client_for("unknown.example") as client, pytest.raises(openai.NotFoundError) as raised:
        client.chat.completions.create(**ASKED)

    assert raised.value.code == "unknown_host"
    assert raised.value.type == "caravan"
    assert raised.value.body["message"] == "no LLMProvider or LLMRoute serves the host unknown.example"


def test_a_route_without_provider_raises_internal_server_error(client_for):
    with client_for("no-provider.example") as client, pytest.raises(openai.InternalServerError) as raised:
        client.chat.completions.create(**ASKED)

    assert raised.value.status_code == 503
    assert raised.value.code == "unknown_provider"
    assert "missing.example" in raised.value.body["message"]


def test_a_provider_that_breaks_off_is_no_end_of_the_stream(client):
    parts = []
    with pytest.raises(openai.APIError) as raised:
        for chunk in client.chat.completions.create(**ASKED, stream=True, extra_headers=wish("reset; after=2")):
            parts.append(chunk.choices[0].delta.content)

    assert "".join(parts) == "Hello! I "
    assert raised.value.code == "upstream_closed"
