import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, describe, test } from 'node:test';
import OpenAI from 'openai';
import * as undici from 'undici';

const { CARAVAN, EMULATOR_ADMIN } = process.env;
const MODEL = 'qwen-of-the-manifest';
const CONTENT = 'Hello! I am Qwen, a pre-trained language model developed by Alibaba Cloud.';
const PROMPT_TOKENS = 3;
const COMPLETION_TOKENS = 12;
const ASKED = { model: 'model-of-the-client', messages: [{ role: 'user', content: 'Please introduce yourself.' }] };
const TOOLS = [
  {
    type: 'function',
    function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
];

// How an application's OpenAI client reaches Caravan. Functions: host name -> client of that host, without a key that any
// provider would take. fetch writes the Host header itself, from the URL, whatever defaultHeaders say; so here the
// provider's name leads to Caravan, as it does where traffic is redirected.
const WAYS = {
  'host name': (host) => {
    const lookup = (name, options, found) =>
      options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4);
    return client(`http://${host}:${new URL(CARAVAN).port}/v1`, new undici.Agent({ connect: { lookup } }));
  },
  // fetch of Node 20 knows no http_proxy, so the proxy is given as the SDK's README says.
  http_proxy: (host) =>
    client(`http://${host}/v1`, new undici.ProxyAgent({ uri: CARAVAN, proxyTunnel: false })),
};

function client(baseURL, dispatcher) {
  return new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0, fetch: undici.fetch, fetchOptions: { dispatcher } });
}

const wish = (directives) => ({ headers: { 'x-emulator': directives } });

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function emulator(path, body = {}) {
  const answer = await fetch(EMULATOR_ADMIN + path, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

async function rejection(promise, type) {
  const error = await promise.then(
    () => assert.fail('an error was expected'),
    (error) => error,
  );
  assert.ok(error instanceof type, String(error));
  return error;
}

for (const [way, clientFor] of Object.entries(WAYS)) {
  describe(`by ${way}`, () => {
    const client = clientFor('dashscope.aliyuncs.com');

    test('an answer comes from the configured model', async () => {
      const answer = await client.chat.completions.create(ASKED);

      assert.equal(answer.model, MODEL);
      assert.equal(answer.choices[0].message.content, CONTENT);
      assert.equal(answer.choices[0].finish_reason, 'stop');
      assert.deepEqual(answer.usage, {
        prompt_tokens: PROMPT_TOKENS,
        completion_tokens: COMPLETION_TOKENS,
        total_tokens: PROMPT_TOKENS + COMPLETION_TOKENS,
      });
    });

    test('the provider gets the configured path and key', async () => {
      const { headers: told } = await client.chat.completions.create(ASKED).asResponse();

      assert.equal(told.get('x-emulator-host'), 'dashscope.aliyuncs.com');
      assert.equal(told.get('x-emulator-path'), '/compatible-mode/v1/chat/completions');
      const key = createHash('sha256').update('sample-key-of-the-manifest').digest('hex');
      assert.equal(told.get('x-emulator-key-fingerprint'), key.slice(0, 8));
    });

    test('a stream comes whole and without the usage that Caravan asked for', async () => {
      const chunks = await all(await client.chat.completions.create({ ...ASKED, stream: true }));

      for (const chunk of chunks) {
        assert.equal(chunk.choices.length, 1);
        assert.equal(chunk.usage ?? null, null);
        assert.equal(chunk.model, MODEL);
      }
      const parts = chunks.slice(1, -1).map((chunk) => chunk.choices[0].delta.content);
      assert.equal(parts.length, COMPLETION_TOKENS);
      assert.equal(parts.join(''), CONTENT);
      const reasons = chunks.map((chunk) => chunk.choices[0].finish_reason);
      assert.deepEqual(reasons, [...Array(chunks.length - 1).fill(null), 'stop']);
    });

    test('a stream ends with the usage that the client asked for', async () => {
      const chunks = await all(
        await client.chat.completions.create({ ...ASKED, stream: true, stream_options: { include_usage: true } }),
      );

      assert.ok(chunks.slice(0, -1).every((chunk) => (chunk.usage ?? null) === null));
      assert.deepEqual(chunks.at(-1).choices, []);
      assert.equal(chunks.at(-1).usage.total_tokens, PROMPT_TOKENS + COMPLETION_TOKENS);
      assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
    });

    describe('with a script of the provider', () => {
      afterEach(() => emulator('/reset'));

      test('a chunk is there before the provider sends the next', async () => {
        await emulator('/script', {
          times: 1,
          steps: ['sse', { token: 'one' }, { gate: 'node' }, { token: 'two' }, { finish: 'stop' }, 'done'],
        });
        const stream = await client.chat.completions.create({ ...ASKED, stream: true });
        const chunks = stream[Symbol.asyncIterator]();

        assert.equal((await chunks.next()).value.choices[0].delta.content, 'one');
        await emulator('/gates/node');
        assert.equal((await chunks.next()).value.choices[0].delta.content, 'two');
        assert.equal((await chunks.next()).value.choices[0].finish_reason, 'stop');
        assert.equal((await chunks.next()).done, true);
      });
    });

    test('a tool is called', async () => {
      const answer = await client.chat.completions.create({ ...ASKED, tools: TOOLS });

      assert.equal(answer.choices[0].finish_reason, 'tool_calls');
      assert.equal(answer.choices[0].message.content, null);
      const calls = answer.choices[0].message.tool_calls.map((call) => call.function);
      assert.deepEqual(calls, [{ name: 'get_weather', arguments: '{"city":"Hangzhou"}' }]);
    });

    test('a tool is called in a stream', async () => {
      const answer = await client.chat.completions.stream({ ...ASKED, tools: TOOLS }).finalChatCompletion();

      assert.equal(answer.choices[0].finish_reason, 'tool_calls');
      const [call, ...more] = answer.choices[0].message.tool_calls;
      assert.deepEqual(more, []);
      assert.equal(call.function.name, 'get_weather');
      assert.equal(call.function.arguments, '{"city":"Hangzhou"}');
    });

    for (const stream of [false, true]) {
      test(`a provider that limits the rate raises RateLimitError, stream: ${stream}`, async () => {
        const error = await rejection(
          client.chat.completions.create(
            { ...ASKED, stream },
            wish('status=429; retry-after=7; message=slow down; code=limited'),
          ),
          OpenAI.RateLimitError,
        );

        assert.equal(error.error.message, 'slow down');
        assert.equal(error.code, 'limited');
        assert.equal(error.headers.get('retry-after'), '7');
      });
    }

    test('a provider that refuses the request raises BadRequestError', async () => {
      const error = await rejection(
        client.chat.completions.create(ASKED, wish('status=400; message=too many tokens; code=length')),
        OpenAI.BadRequestError,
      );

      assert.equal(error.error.message, 'too many tokens');
      assert.equal(error.code, 'length');
    });

    test('a host that Caravan does not serve raises NotFoundError', async () => {
      const error = await rejection(
        clientFor('unknown.example').chat.completions.create(ASKED),
        OpenAI.NotFoundError,
      );

      assert.equal(error.code, 'unknown_host');
      assert.equal(error.type, 'caravan');
      assert.equal(error.error.message, 'no LLMProvider or LLMRoute serves the host unknown.example');
    });

    test('a route without provider raises InternalServerError', async () => {
      const error = await rejection(
        clientFor('no-provider.example').chat.completions.create(ASKED),
        OpenAI.InternalServerError,
      );

      assert.equal(error.status, 503);
      assert.equal(error.code, 'unknown_provider');
      assert.match(error.error.message, /missing\.example/);
    });

    test('a provider that breaks off is no end of the stream', async () => {
      const parts = [];
      const stream = await client.chat.completions.create({ ...ASKED, stream: true }, wish('reset; after=2'));
      const error = await rejection(
        (async () => {
          for await (const chunk of stream) parts.push(chunk.choices[0].delta.content);
        })(),
        OpenAI.APIError,
      );

      assert.equal(parts.join(''), 'Hello! I ');
      assert.equal(error.code, 'upstream_closed');
    });
  });
}
